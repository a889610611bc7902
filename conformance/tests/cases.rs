//! Reproductions of reported attacks, where the corpus of cases is present: polyglots of content codings and amplification.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderName, HeaderValue};
use portcullis_core::{Clock, Config, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;
use serde::Deserialize;

/// One request and its outcome.
#[derive(Deserialize)]
struct Case {
    id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body_b64: Option<String>,
    expect: String,
}

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
}

fn corpus() -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/attackers.jsonl");
    file.is_file().then_some(file)
}

fn verdict(case: &Case) -> (Verdict, Duration) {
    let engine = Config::default().compile().expect("the defaults compile");
    let mut request = http::Request::builder().method(&*case.method).uri(&case.path);
    for (name, value) in &case.headers {
        let name = HeaderName::try_from(name).expect("a name");
        request = request.header(name, HeaderValue::try_from(value).expect("a value"));
    }
    let request = request.extension(std::net::IpAddr::from([192, 0, 2, 7])).body(()).expect("a request");
    let body = case.body_b64.as_ref().map(|body| BASE64.decode(body).expect("base64")).unwrap_or_default();
    let started = Instant::now();
    let verdict = engine.evaluate(&request.into_parts().0, &body, &MemoryStore::default(), &Epoch);
    (verdict, started.elapsed())
}

#[test]
fn polyglots_and_amplification_are_rejected() {
    let Some(file) = corpus() else {
        eprintln!("skipped: the corpus of cases is not present");
        return;
    };
    let text = std::fs::read_to_string(file).expect("readable");
    let mut tried = 0;
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).expect("a case");
        if !(case.id.starts_with("poly-") || case.id.starts_with("dos-")) {
            continue;
        }
        tried += 1;
        let (verdict, elapsed) = verdict(&case);
        println!("{}: {:?} {:?} in {elapsed:?}", case.id, verdict.status(), verdict.coverage);
        let attack = case.expect.starts_with("reject (");
        assert!(!attack || verdict.finding.is_some(), "{}: {verdict:?}", case.id);
        assert!(!case.expect.starts_with("reject") || verdict.status().is_some(), "{}", case.id);
    }
    assert!(tried > 0, "the corpus has cases of these kinds");
}
