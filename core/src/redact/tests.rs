//! Masking: secrets are masked, other text stays readable.

use super::*;
use crate::Engine;
use crate::config::Config;

fn engine() -> Engine {
    let mut config = Config::default();
    config.detect.sensitive = vec!["IBAN".into()];
    config.compile().unwrap()
}

fn url(target: &str) -> String {
    let (parts, ()) = http::Request::get(target).body(()).unwrap().into_parts();
    engine().redact().url(&Head::from(&parts))
}

#[test]
fn secrets_stay_out_of_urls() {
    for (target, written) in [
        ("/", "/"),
        ("/search?q=tea&page=2", "/search?q=tea&page=2"),
        ("/x?access_token=abc&q=1", "/x?access_token=[REDACTED]&q=1"),
        ("/x?acc%65ss_token=abc", "/x?acc%65ss_token=[REDACTED]"),
        ("/x?q=1;password=abc", "/x?q=1&password=[REDACTED]"),
        ("/x?customer%5Biban%5D=DE02", "/x?customer%5Biban%5D=[REDACTED]"),
        ("/x?password=", "/x?password="),
        ("/x?next=https%3A%2F%2Fy%2F%3Ftoken%3Dabc", "/x?next=[REDACTED]"),
        ("/x?body=%7B%22password%22%3A%22abc%22%7D", "/x?body=[REDACTED]"),
        ("/x?xml=%3Csecret%3Eabc", "/x?xml=[REDACTED]"),
        ("/x?a=b=c", "/x?a=b=c"),
        ("/reset/token=abc/now", "/reset/[REDACTED]/now"),
        ("/reset;sid=abc", "/[REDACTED]"),
        ("http://user:pass@example.com/x", "//[REDACTED]@example.com/x"),
        ("http://example.com:8080/x", "//example.com:8080/x"),
    ] {
        assert_eq!(url(target), written, "{target}");
    }
}

#[test]
fn secrets_stay_out_of_header_lines() {
    let lines = vec![
        ("Authorization", "Bearer abc"),
        ("Proxy-Authorization", "Basic abc"),
        ("Cookie", "a=b"),
        ("X-API-Key", "abc"),
        ("iban", "abc"),
        ("Referer", "https://example.com/?token=abc"),
        ("X-Debug", "password: abc"),
        ("Accept", "text/html; q=0.9"),
    ];
    let written = engine().redact().headers(&lines);
    assert!(!written.contains("abc") && !written.contains("a=b"), "{written}");
    assert_eq!(written.matches(REDACTED).count(), 7, "{written}");
    assert!(written.contains(r#""Accept": "text/html; q=0.9""#), "{written}");
}

#[test]
fn an_endpoint_is_canonical_and_without_secrets() {
    let engine = engine();
    for (path, expected) in [
        ("/a", "/a"),
        ("//a/%62/;x", "/a/b"),
        ("/a/../b/", "/b"),
        ("/a%0ab", "/a\\u{a}b"),
        ("/token=s3cr3t/a", "/[REDACTED]/a"),
        ("/a//token%3ds3cr%2fet;x/b%63", "/a/[REDACTED]/bc"),
        ("/a;jsessionid=1;password=s3cr3t/", "/[REDACTED]"),
        ("/pass%77ord%3As3cr3t", "/[REDACTED]"),
    ] {
        assert_eq!(engine.redact().endpoint(path), expected, "{path}");
    }
    assert!(engine.redact().endpoint(&"/%61".repeat(100_000)).len() <= EVENT_TEXT + 3);
}

#[test]
fn checklist_40_output_is_bounded_for_any_input() {
    let query = "&x=y".repeat(100_000);
    let long = "z".repeat(100_000);
    let lines: Vec<(&str, &str)> = core::iter::repeat_n(("x", long.as_str()), 100).collect();
    let (parts, ()) = http::Request::new(()).into_parts();
    let head = Head::from(&parts).query(query.as_str()).path(&long).headers(&lines);
    let redact_engine = engine();
    let redact = redact_engine.redact();
    assert!(redact.url(&head).len() < 2 * MAX_LINE);
    assert!(redact.headers(head.headers).len() < 2 * MAX_LINE);
    assert!(redact.text(long.as_bytes()).len() <= MAX_TEXT + 3);
}

#[test]
fn checklist_44_output_is_one_line() {
    assert!(!engine().redact().text(b"a\r\nb\x1b[2J").contains(['\r', '\n', '\x1b']));
    let written = engine().redact().headers(&vec![("a\nb", "c\u{85}d\ne")]);
    assert!(!written.contains(char::is_control), "{written:?}");
}
