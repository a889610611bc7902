//! Bodies: the same verdict for any chunks, exact limits, and every gap reported.

use bytes::Bytes;
use portcullis_core::config::OnIncomplete;
use portcullis_core::{BodyFault, BodyRule, ByteSize, Check, Engine, Gaps, RoutePolicy};
use proptest::prelude::*;

use crate::support::{Driven, NOW, Request, SCRIPT, SQL, Script, Store, engine, events, with_policy};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const TEXT: &str = "text/plain";
const PARTS: &str = "multipart/form-data; boundary=x";
const XML: &str = "application/xml";

fn in_pieces(engine: &Engine, request: &Request, chunks: Vec<Bytes>) -> Driven {
    let script = Script { chunks: Some(chunks), ..Script::default() };
    request.drive(engine, &Store::default(), NOW, &script)
}

/// Bodies of a kind: an attack in enough other text that chunks can end before, in and after it.
fn bodies() -> impl Strategy<Value = (&'static str, String)> {
    let value = prop_oneof![Just(SQL), Just(SCRIPT), Just("an ordinary sentence, isn't it?"), Just("")];
    (0..5_usize, value, "[a-z ]{0,40}", "[a-z \\\\u0027%+&=,:{}\"]{0,40}").prop_map(
        |(kind, value, before, after)| match kind {
            0 => (JSON, format!("{{\"a\": \"{before}\", \"b\": [1, \"{value}\"], \"c\": \"{after}\"}}")),
            1 => (FORM, format!("a={}&b={}&{after}", before.replace(' ', "+"), value.replace(' ', "%20"))),
            2 => {
                let head = "Content-Disposition: form-data; name";
                (
                    PARTS,
                    format!(
                        "--x\r\n{head}=a\r\n\r\n{before}\r\n--x\r\n{head}=b\r\n\r\n{value}{after}\r\n--x--"
                    ),
                )
            }
            3 => (XML, format!("<a b=\"{before}\">{value}<c/>{after}</a>")),
            _ => (TEXT, format!("{before} {value} {after}")),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_pieces_of_a_body_do_not_matter(
        (kind, body) in bodies(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        rule in prop_oneof![
            Just(None),
            Just(Some(BodyRule::Prefix(ByteSize(60)))),
            Just(Some(BodyRule::Inspect(ByteSize(60)))),
        ],
    ) {
        let policy = rule.map_or(RoutePolicy::new(), |rule| RoutePolicy::new().body(rule));
        let (engine, handle) = with_policy(&engine(|_| {}), policy);
        let request = Request::post("/", kind, body.clone()).policy(handle);
        let whole = in_pieces(&engine, &request, vec![body.clone().into()]);

        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut rest = Bytes::from(body.clone());
        let mut at = 0;
        for cut in cuts {
            chunks.push(rest.split_to(cut - at));
            at = cut;
        }
        chunks.push(rest);
        let cut = in_pieces(&engine, &request, chunks);

        prop_assert_eq!(whole.status(), cut.status());
        prop_assert_eq!(&whole.verdict.finding, &cut.verdict.finding);
        prop_assert_eq!(whole.verdict.coverage, cut.verdict.coverage);
        prop_assert_eq!(whole.verdict.record, cut.verdict.record);
        prop_assert_eq!(&whole.verdict.events, &cut.verdict.events);
        let (whole, cut) = (whole.replay.unwrap(), cut.replay.unwrap());
        prop_assert_eq!(&whole[..], body.as_bytes());
        prop_assert!(body.as_bytes().starts_with(&cut) && cut.len() >= body.len().min(60));
    }
}

#[test]
fn both_kinds_of_body_occur_in_the_property() {
    let engine = engine(|_| {});
    for kind in [JSON, FORM, TEXT] {
        let (value, clean) = match kind {
            JSON => (format!("{{\"b\": \"{SQL}\"}}"), "{\"b\": \"isn't it?\"}".into()),
            FORM => (format!("b={}", SQL.replace(' ', "+")), "b=isn%27t+it".into()),
            _ => (SCRIPT.into(), String::from("isn't it?")),
        };
        let attack = in_pieces(&engine, &Request::post("/", kind, value.clone()), vec![value.into()]);
        assert_eq!(attack.status(), Some(400), "{kind}");
        let clean = in_pieces(&engine, &Request::post("/", kind, clean.clone()), vec![clean.into()]);
        assert_eq!(clean.status(), None, "{kind}");
        assert!(clean.verdict.coverage.is_complete());
    }
}

#[test]
fn one_byte_at_a_time_does_not_evade_inspection() {
    let body =
        format!("{{\"comment\": \"\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\", \"id\": \"{SQL}\"}}");
    let bytes = body.bytes().map(|byte| Bytes::copy_from_slice(&[byte])).collect();
    let driven = in_pieces(&engine(|_| {}), &Request::post("/", JSON, body.clone()), bytes);
    let finding = driven.verdict.finding.unwrap();
    assert_eq!((finding.class.name(), finding.name.as_str()), ("xss", "comment"));
    assert_eq!(driven.replay.unwrap(), body);
}

#[test]
fn the_limit_is_the_longest_body_that_is_read() {
    let engine = engine(|config| config.body.limit = ByteSize::kib(1));
    let at = Request::post("/", TEXT, "a".repeat(1024));
    let driven = at.drive(&engine, &Store::default(), NOW, &Script::default());
    assert!(driven.verdict.is_allow() && driven.verdict.coverage.is_complete());
    assert_eq!(driven.replay.unwrap().len(), 1024);

    let past = Request::post("/", TEXT, "a".repeat(1025));
    let driven = past.drive(&engine, &Store::default(), NOW, &Script::default());
    assert_eq!((driven.status(), driven.verdict.record.check), (Some(413), Some(Check::RequestSizeContent)));
    assert!(driven.verdict.coverage.gaps.has(Gaps::LENGTH));
    assert_eq!(events(&driven.verdict), ["content_filtered"]);

    let declared = past.header("content-length", "1025");
    let driven = declared.drive(&engine, &Store::default(), NOW, &Script::default());
    assert_eq!((driven.status(), driven.replay), (Some(413), None), "rejected before a byte is read");
}

/// A script in base64 in base64, and once more.
const TWICE: &str = "UEhOamNtbHdkRDVoYkdWeWRDZ3hLVHd2YzJOeWFYQjBQZw";
const THRICE: &str = "VUVoT2FtTnRiSGRrUkRWb1lrZFdlV1JEWjNoTFZIZDJZekpPZVdGWVFqQlFadw";

#[test]
fn base64_that_lies_too_deep_is_in_the_verdict() {
    let (strict, allowing) =
        (engine(|_| {}), engine(|config| config.detect.on_incomplete = OnIncomplete::Allow));
    for (text, known, body) in [(TWICE, Some(400), Some(400)), (THRICE, None, Some(413))] {
        let head = Request::get(&format!("/?q={text}")).run(&strict, &Store::default());
        assert_eq!((head.status(), head.coverage.gaps.has(Gaps::VALUES)), (known, known.is_none()));
        let request = Request::post("/", TEXT, text);
        assert_eq!(request.status(&strict, &Store::default()), body);
        let verdict = request.run(&allowing, &Store::default());
        assert_eq!((verdict.status(), verdict.coverage.is_complete()), (known, known.is_some()));
    }
}

#[test]
fn a_body_beyond_the_limit_passes_when_allowed_and_the_verdict_reports_it() {
    let engine = engine(|config| {
        config.body.limit = ByteSize::kib(1);
        config.detect.on_incomplete = OnIncomplete::Allow;
    });
    let hidden = format!("{} {SCRIPT}", "a".repeat(1024));
    let verdict = Request::post("/", TEXT, hidden).run(&engine, &Store::default());
    assert!(verdict.is_allow() && !verdict.coverage.is_complete());
    assert!(verdict.coverage.gaps.has(Gaps::LENGTH) && verdict.record.gaps.has(Gaps::LENGTH));
    let inspected = format!("{SCRIPT} {}", "a".repeat(2048));
    assert_eq!(Request::post("/", TEXT, inspected).status(&engine, &Store::default()), Some(400));
}

#[test]
fn a_prefix_is_inspected_and_the_rest_passed_on() {
    let (engine, handle) =
        with_policy(&engine(|_| {}), RoutePolicy::new().body(BodyRule::Prefix(ByteSize(32))));
    let short = Request::post("/", TEXT, "a".repeat(32)).policy(handle).run(&engine, &Store::default());
    assert!(short.is_allow() && short.coverage.is_complete());
    let long = Request::post("/", TEXT, "a".repeat(33)).policy(handle);
    let long = long.drive(&engine, &Store::default(), NOW, &Script::default());
    assert!(long.verdict.is_allow() && long.verdict.coverage.gaps.has(Gaps::LENGTH));
    assert_eq!(long.replay.unwrap().len(), 33, "bytes beyond the prefix are handed back too");
    let declared = Request::post("/", TEXT, "a".repeat(99)).header("content-length", "99").policy(handle);
    assert!(declared.run(&engine, &Store::default()).is_allow());
}

#[test]
fn a_body_that_does_not_arrive_is_rejected() {
    for (fault, status, body) in
        [(BodyFault::TimedOut, 408, "Request timeout"), (BodyFault::Broken, 400, "Bad request")]
    {
        let script = Script { fault: Some(fault), ..Script::default() };
        let request = Request::post("/", TEXT, "half of");
        let driven = request.drive(&engine(|_| {}), &Store::default(), NOW, &script);
        let denial = driven.verdict.denial().unwrap();
        assert_eq!((denial.status, denial.body.as_str()), (status, body));
        assert!(driven.verdict.coverage.gaps.has(Gaps::BROKEN));
        assert_eq!(events(&driven.verdict), ["content_filtered"]);
    }
}

#[test]
fn checklist_56_a_body_beyond_the_bound_of_all_bodies_is_rejected_without_a_strike() {
    let script = Script { fault: Some(BodyFault::Overloaded), ..Script::default() };
    let request = Request::post("/", TEXT, "half of");
    let strict = |passive| {
        engine(|config| {
            config.passive = passive;
            config.ban.threshold = 1;
        })
    };
    let driven = request.drive(&strict(false), &Store::default(), NOW, &script);
    let denial = driven.verdict.denial().unwrap();
    assert_eq!((denial.status, denial.body.as_str()), (503, "Service temporarily unavailable"));
    let retry = denial.headers.iter().find(|(name, _)| name == "retry-after");
    assert_eq!(retry.map(|(_, value)| value.as_bytes()), Some(&b"5"[..]));
    assert_eq!(driven.verdict.record.gaps.names().collect::<Vec<_>>(), ["memory"]);
    assert_eq!(events(&driven.verdict), ["content_filtered"]);

    let driven = request.drive(&strict(true), &Store::default(), NOW, &script);
    assert!(driven.verdict.is_allow() && driven.verdict.coverage.gaps.has(Gaps::MEMORY));
    assert_eq!(driven.replay.unwrap(), "half of");
}

#[test]
fn unsupported_codings_are_rejected_or_reported() {
    let allowing = engine(|config| config.detect.on_incomplete = OnIncomplete::Allow);
    for (name, value, gap) in [
        ("content-type", "text/plain; charset=utf-7", Gaps::CHARSET),
        ("content-encoding", "zstd", Gaps::CODING),
        ("content-encoding", "gzip", Gaps::CODING),
        ("content-encoding", "br, br, gzip", Gaps::CODING),
        ("content-encoding", "identity, br", Gaps::CODING),
    ] {
        let mut request = Request::post("/", TEXT, "x");
        request.headers.clear();
        let request = request.header(name, value);
        let verdict = request.run(&engine(|_| {}), &Store::default());
        assert_eq!(verdict.status(), Some(415), "{value}");
        let verdict = request.run(&allowing, &Store::default());
        assert!(verdict.is_allow() && verdict.coverage.gaps.has(gap), "{value}");
        assert_eq!(verdict.record.gaps.names().count(), 1);
    }
    let skipped = engine(|config| config.body.inspect = false);
    let verdict = Request::post("/", TEXT, SCRIPT).run(&skipped, &Store::default());
    assert!(verdict.is_allow() && verdict.coverage.gaps.has(Gaps::SKIPPED));
    let (engine, handle) =
        with_policy(&skipped, RoutePolicy::new().body(BodyRule::Inspect(ByteSize::kib(1))));
    assert_eq!(Request::post("/", TEXT, SCRIPT).policy(handle).status(&engine, &Store::default()), Some(400));
}

#[test]
fn a_body_is_inspected_although_its_declared_length_is_zero() {
    let request = Request::post("/", TEXT, SCRIPT).header("content-length", "0");
    assert_eq!(request.status(&engine(|_| {}), &Store::default()), Some(400));
}

#[test]
fn a_body_without_a_type_or_of_another_type_is_inspected() {
    let engine = engine(|_| {});
    let json = format!("{{\"q\": \"{SQL}\"}}");
    for (kind, body) in
        [("", SCRIPT), ("image/png", SCRIPT), (TEXT, &json), (FORM, &json), ("x/y;;=", SCRIPT)]
    {
        assert_eq!(
            Request::post("/", kind, String::from(body)).status(&engine, &Store::default()),
            Some(400),
            "{kind}"
        );
    }
}

/// A gzip stream of stored blocks with an unchecked checksum.
fn gzip(text: &[u8]) -> Vec<u8> {
    let length = (text.len() as u16).to_le_bytes();
    let inverse = (!(text.len() as u16)).to_le_bytes();
    let head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".as_slice();
    [head, &length, &inverse, text, &[0; 8]].concat()
}

#[test]
fn a_compressed_body_is_inspected_inflated_and_handed_back_as_it_came() {
    let engine = engine(|_| {});
    let body = gzip(format!("{{\"a\": \"{}\", \"b\": \"{SQL}\"}}", "x ".repeat(500)).as_bytes());
    let request = Request::post("/", JSON, body.clone()).header("content-encoding", "gzip");
    for size in [1, 7, 100, body.len()] {
        let chunks = body.chunks(size).map(Bytes::copy_from_slice).collect();
        let driven = in_pieces(&engine, &request, chunks);
        let finding = driven.verdict.finding.as_ref().unwrap();
        assert_eq!((finding.class.name(), finding.name.as_str()), ("sqli", "b"), "{size}");
        assert!(driven.verdict.coverage.is_complete() && driven.verdict.coverage.inspected > 1000);
        assert_eq!(driven.replay.unwrap(), body, "{size}");
    }
}

#[test]
fn a_coding_gap_is_reported_once_in_passive_mode() {
    let engine = engine(|config| config.passive = true);
    for (kind, coding, body, gap) in [
        (TEXT, "gzip", &b"no gzip"[..], Gaps::CODING),
        (TEXT, "zstd", b"x", Gaps::CODING),
        ("text/plain; charset=utf-7", "identity", b"x", Gaps::CHARSET),
    ] {
        let request = Request::post("/", kind, body).header("content-encoding", coding);
        let verdict = request.run(&engine, &Store::default());
        assert!(verdict.is_allow() && verdict.coverage.gaps.has(gap), "{coding}");
        assert_eq!(events(&verdict), ["content_filtered"], "{coding}");
    }
}

#[test]
fn a_honeypot_field_that_is_filled_in_is_rejected_whether_attacks_are_looked_for_or_not() {
    for detect in [true, false] {
        let policy = RoutePolicy::new().honeypot("website").detect(detect);
        let (engine, handle) = with_policy(&engine(|_| {}), policy);
        let run = |kind: &str, body: &str| {
            Request::post("/", kind, String::from(body)).policy(handle).run(&engine, &Store::default())
        };
        let part = |value: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"website\"\r\n\r\n{value}\r\n--x--")
        };
        for (kind, body) in
            [(FORM, "name=a&website=b"), (JSON, "{\"form\": {\"website\": \"b\"}}"), (PARTS, &part("b"))]
        {
            let verdict = run(kind, body);
            let denial = verdict.denial().unwrap_or_else(|| panic!("{kind} {detect}"));
            assert_eq!((denial.status, denial.body.as_str(), denial.check), (403, "Forbidden", Check::Trap));
            assert_eq!(events(&verdict), ["decorator_violation"]);
        }
        for (kind, body) in
            [(FORM, "name=website&website="), (JSON, "{\"website\": null}"), (PARTS, &part(" "))]
        {
            assert!(run(kind, body).is_allow(), "{kind} {detect}");
        }
        assert_eq!(run(TEXT, SCRIPT).status(), detect.then_some(400));
        let coded = Request::post("/", TEXT, "x").header("content-encoding", "zstd").policy(handle);
        assert_eq!(coded.status(&engine, &Store::default()), detect.then_some(415));
    }
}
