//! Work depends on the bytes received, not on the size that a body expands to.

use miniz_oxide::deflate::compress_to_vec;
use portcullis_core::config::OnIncomplete;
use portcullis_core::{Check, Gaps};

use crate::support::{NOW, Request, Script, Store, engine};

/// A text that opens many classes and is an attack of none of them.
const COSTLY: &str = "it's 1 or 2 of 'x' and (select) {{ if }} a <b ${c |d ;e `f ";

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
        // A scan costs 32 steps a byte; there are 656 steps for each byte received, and 4 Mi for any body.
        assert!(
            verdict.coverage.inspected <= (656 * received + (4 << 20)) / 32 + 1,
            "{kind}: {:?}",
            verdict.coverage
        );
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
