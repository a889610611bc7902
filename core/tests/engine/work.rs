//! Work depends on the bytes received, not on the size that a body expands to.

use miniz_oxide::deflate::compress_to_vec;
use portcullis_core::config::{Detect, OnIncomplete};
use portcullis_core::detect::{CustomEvidence, CustomRecogniser, Input, Location, Recognisers, Rule};
use portcullis_core::{Check, Config, Engine, Gaps, Scratch};

use crate::support::{NOW, Request, SCRIPT, SQL, Script, Store, engine};

/// A text that opens many classes and is an attack of none of them.
const COSTLY: &str = "it's 1 or 2 of 'x' and (select) {{ if }} a <b ${c |d ;e `f ";

/// The most steps for a request of a short head and a body of `received` bytes.
fn most(received: u64) -> u64 {
    (4 << 20) + 150 * received + 1_000
}

/// A gzip member of `text`.
fn gzip(text: &[u8]) -> Vec<u8> {
    let trailer = [0_u32.to_le_bytes(), (text.len() as u32).to_le_bytes()].concat();
    [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), compress_to_vec(text, 9), trailer].concat()
}

/// A multipart body whose parts have two names, a legacy charset and two transfer encodings each.
fn multiplied(text: &str) -> Vec<u8> {
    let part = format!(
        "--x\r\nContent-Disposition: form-data; name=a; name=b\r\nContent-Type: text/plain; charset=utf-16\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
        text.repeat(1_000),
    );
    [part.repeat(60), "--x--\r\n".into()].concat().into_bytes()
}

fn coded(kind: &str, text: &[u8]) -> Request {
    let mut request = Request::post("/", kind, gzip(text));
    request.headers.push(("content-encoding".into(), b"gzip".to_vec()));
    request
}

#[test]
fn a_body_that_expands_to_more_work_than_its_bytes_allow_is_rejected_and_no_strike() {
    let (engine, store) = (engine(|_| {}), Store::default());
    for (kind, text) in [
        ("multipart/form-data; boundary=x", multiplied(COSTLY)),
        ("text/plain", COSTLY.repeat(60_000).into_bytes()),
    ] {
        let request = coded(kind, &text);
        let received = request.body.len() as u64;
        assert!(text.len() as u64 > 50 * received, "{kind}: compresses well");
        let verdict = request.drive(&engine, &store, NOW, &Script::default()).verdict;
        assert!(verdict.coverage.gaps.has(Gaps::WORK), "{kind}: {:?}", verdict.coverage);
        assert_eq!((verdict.status(), verdict.record.check), (Some(413), Some(Check::RequestSizeContent)));
        assert!(verdict.finding.is_none() && verdict.deferred.is_none(), "{kind}: not an attack");
        assert!(verdict.coverage.steps <= most(received), "{kind}: {:?}", verdict.coverage);
    }
}

#[test]
fn a_body_beyond_the_work_budget_passes_only_if_configured() {
    let engine = engine(|config| config.detect.on_incomplete = OnIncomplete::Allow);
    let request = coded("text/plain", COSTLY.repeat(60_000).as_bytes());
    let verdict = request.drive(&engine, &Store::default(), NOW, &Script::default()).verdict;
    assert!(verdict.status().is_none() && verdict.coverage.gaps.has(Gaps::WORK));
}

#[test]
fn telemetry_that_compresses_ninetyfold_is_inspected_whole() {
    let record = r#"{"name":"http.server.duration","unit":"ms","value":12,"host":"web-1"},"#;
    let text = format!("[{}{{}}]", record.repeat(40_000));
    let request = coded("application/json", text.as_bytes());
    assert!(text.len() > 90 * request.body.len() && text.len() < 4 << 20);
    let engine = engine(|config| config.body.inflate_ratio = 1_100);
    let verdict = request.drive(&engine, &Store::default(), NOW, &Script::default()).verdict;
    assert!(verdict.status().is_none() && verdict.coverage.gaps == Gaps::default(), "{:?}", verdict.coverage);
}

/// A body with its media type, from a text.
type Form = fn(&str) -> (&'static str, Vec<u8>);

const FORMS: [Form; 5] = [
    |text| ("text/plain", text.into()),
    |text| ("application/x-www-form-urlencoded", text.into()),
    |text| ("application/json", format!("[{text}{{}}]").into()),
    |text| ("application/xml", format!("<a>{text}</a>").into()),
    |text| ("multipart/form-data; boundary=x", multiplied(text)),
];

#[test]
fn checklist_55_no_form_and_no_coding_of_a_text_takes_more_work_than_its_bytes_allow() {
    let engine = engine(|_| {});
    for text in [
        COSTLY,
        "a&",
        "ab=1&",
        "' or \" and ",
        "&lt;javascript:\u{ff1c}a href=",
        "{\"a\":1},",
        "<a b=c>",
        "%2525\\u0041",
    ] {
        for form in FORMS {
            for (times, is_coded) in [(40_000 / text.len(), false), (4_000_000 / text.len(), true)] {
                let times = if form("").0.starts_with("multipart") { times / 60_000 + 1 } else { times };
                let (kind, body) = form(&text.repeat(times));
                let request = if is_coded { coded(kind, &body) } else { Request::post("/", kind, body) };
                let received = request.body.len() as u64;
                let coverage = request.run(&engine, &Store::default()).coverage;
                assert!(
                    coverage.steps <= most(received),
                    "{kind} {text:?} of {received} bytes: {coverage:?}"
                );
            }
        }
    }
}

struct Reader(&'static [Rule]);

impl Reader {
    fn of(name: &str) -> Self {
        let id: &'static str = Box::leak(format!("{name}.nothing").into_boxed_str());
        Self(Box::leak(Box::new([Rule::custom(id, 100, "nothing")])))
    }
}

impl CustomRecogniser for Reader {
    fn rules(&self) -> &'static [Rule] {
        self.0
    }

    fn reads(&self, _: Location) -> bool {
        true
    }

    fn recognise(&self, _: &Input<'_>, _: &mut CustomEvidence) {}
}

/// An engine with as many recognisers as an application may have.
fn with_readers() -> Engine {
    let names: Vec<String> = (0..32).map(|at| format!("reader-{at}")).collect();
    let recognisers = names.iter().fold(Recognisers::new(), |all, name| all.with(name, Reader::of(name)));
    let config = Config::default().detect(Detect::default().recognisers(names));
    config.compile_with(&recognisers).unwrap()
}

#[test]
fn an_attack_behind_a_costly_message_is_found() {
    let (engine, mut scratch) = (with_readers(), Scratch::new());
    let costly = "it's &lt; \\u0041 %41 \u{ff1c} and so on, ".repeat(2_000);
    for message in [format!("{costly} {SQL}"), format!("[\"{costly}\", \"{SCRIPT}\"]")] {
        assert!(engine.inspect_message(None, message.as_bytes(), &mut scratch).is_some());
    }
    assert!(engine.inspect_message(None, costly.as_bytes(), &mut scratch).is_none());
}

#[test]
fn checklist_55_a_head_that_takes_more_work_than_its_bytes_allow_is_rejected_without_a_strike() {
    let engine = with_readers();
    let value = |times: usize| "it's &lt; \\u0041 %41 \u{ff1c} and so on, ".repeat(times);
    let short = Request::get("/").header("x-note", value(10)).run(&engine, &Store::default());
    assert!(short.is_allow() && short.coverage.is_complete(), "{:?}", short.coverage);
    let long = Request::get("/").header("x-note", value(2_000));
    let verdict = long.drive(&engine, &Store::default(), NOW, &Script::default()).verdict;
    assert!(verdict.coverage.gaps.has(Gaps::WORK), "{:?}", verdict.coverage);
    assert_eq!((verdict.status(), verdict.record.check), (Some(431), Some(Check::RequestSizeContent)));
    assert!(verdict.finding.is_none() && verdict.deferred.is_none(), "not an attack");
}
