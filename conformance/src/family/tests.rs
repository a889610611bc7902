//! The runner on cases of its own: each disagreement must be reported.

use super::*;

/// What disagrees in a suite of one case.
fn found(suite: &str) -> Vec<(Aspect, String)> {
    let suite = suite::parse(suite).expect(suite);
    let found = compare(&suite.cases[0]).expect("it runs");
    found.into_iter().map(|disagreement| (disagreement.aspect, disagreement.what)).collect()
}

fn aspects(suite: &str) -> Vec<Aspect> {
    found(suite).into_iter().map(|(aspect, _)| aspect).collect()
}

fn suite(kind: &str, case: &str) -> String {
    format!(r#"{{"suite": "s", "kind": "{kind}", "cases": [{{"id": "c", {case}}}]}}"#)
}

fn detect(content: &str, context: &str, is_threat: bool) -> String {
    let input = format!(r#""input": {{"content": "{content}", "context": "{context}"}}"#);
    let expected = format!(r#""expected": {{"is_threat": {is_threat}, "categories": ["sqli"]}}"#);
    suite("detect", &format!("{input}, {expected}"))
}

fn flow(kind: &str, drives: &str, expected: &str) -> String {
    let config = r#""config": {"blacklist": ["192.0.2.11"]}, "geo_countries": {}, "routes": {}"#;
    suite(kind, &format!(r#"{config}, "drives": [{drives}], "expected": [{expected}]"#))
}

const DENIED: &str = r#"{"client_ip": "192.0.2.11", "url_path": "/api"}"#;

#[test]
fn a_text_is_inspected_in_its_location() {
    for context in
        ["query_param", "url_path", "header", "request_body", "request_body:multipart_field", "unknown"]
    {
        let attack = "' UNION SELECT password FROM users--";
        assert!(found(&detect(attack, context, true)).is_empty(), "{context}");
        assert_eq!(aspects(&detect(attack, context, false)), [Aspect::IsThreat], "{context}");
        assert_eq!(aspects(&detect("blue shoes", context, true)), [Aspect::IsThreat], "{context}");
    }
    let unknown = suite::parse(&detect("x", "elsewhere", true)).unwrap();
    assert_eq!(compare(&unknown.cases[0]).unwrap_err(), "the context `elsewhere` is not known");
}

#[test]
fn every_aspect_of_a_response_is_compared() {
    let event = r#""events": [["ip_blocked", "request_blocked"]]"#;
    let on_block = |status: u16| {
        format!(
            r#""on_block": [{{"check_name": "ip_security", "passive_mode": false, "client_ip": "192.0.2.11",
            "reason": "IP not allowed: 192.0.2.11 - IP 192.0.2.11 not in global allowlist/blocklist",
            "path": "/api", "method": "GET", "status_code": {status}}}]"#
        )
    };
    let right = format!(r#"{{"status": 403, "body": "Forbidden", {event}, {}}}"#, on_block(403));
    assert_eq!(found(&flow("pipeline", DENIED, &right)), []);
    for (wrong, aspects) in [
        (right.replacen("403", "400", 1), vec![Aspect::Status]),
        (right.replace("\"Forbidden\"", "\"forbidden\""), vec![Aspect::Body]),
        (
            right.replace("\"body\"", "\"headers\": {\"x-frame-options\": \"DENY\"}, \"body\""),
            vec![Aspect::Headers],
        ),
        (right.replace("request_blocked", "logged_only"), vec![Aspect::Events]),
        (right.replace(&on_block(403), &on_block(400)), vec![Aspect::OnBlock]),
        (format!(r#"{{"status": null, {event}}}"#), vec![Aspect::Status, Aspect::OnBlock]),
    ] {
        assert_eq!(self::aspects(&flow("pipeline", DENIED, &wrong)), aspects, "{wrong}");
    }
}

#[test]
fn every_field_that_is_filled_in_is_compared_and_no_event_is_left_over() {
    let right = r#"{"event_type": "ip_blocked", "action_taken": "request_blocked", "ip_address": "192.0.2.11",
        "reason": "IP 192.0.2.11 not in global allowlist/blocklist", "country": null, "status_code": null,
        "handler_name": "middleware", "metadata": {"filter_type": "global"}}"#;
    assert_eq!(found(&flow("events", DENIED, right)), []);
    for (wrong, aspects) in [
        (
            right.replace("\"ip_address\": \"192.0.2.11\"", "\"ip_address\": \"192.0.2.12\""),
            vec![Aspect::Envelope],
        ),
        (right.replace("middleware", "ip"), vec![Aspect::Envelope]),
        (right.replace("not in", "is not in"), vec![Aspect::Reason]),
        (right.replace("global\"}", "list\"}"), vec![Aspect::Metadata]),
        (right.replace("ip_blocked", "ip_banned"), vec![Aspect::Events, Aspect::Events]),
        (String::new(), vec![Aspect::Events]),
    ] {
        assert_eq!(self::aspects(&flow("events", DENIED, &wrong)), aspects, "{wrong}");
    }
}

#[test]
fn a_field_that_is_not_known_is_rejected() {
    let problem = |text: &str| suite::parse(text).map(drop).expect_err(text);
    let odd = flow("pipeline", DENIED, r#"{"status": 403, "cookies": []}"#);
    assert!(problem(&odd).starts_with("case `c`: expected[0].cookies: unknown field `cookies`"));
    assert!(
        problem(&flow("pipeline", r#"{"client_ip": "192.0.2.11", "url_path": "/", "tls": true}"#, ""))
            .contains("drives[0]")
    );
    assert!(problem(&flow("pipeline", r#"{"call": "sing"}"#, "")).contains("drives[0]"));
    assert_eq!(
        problem(&suite("songs", "\"words\": []")),
        "case `c`: cases of the kind `songs` are not known"
    );
}

#[test]
fn what_has_no_counterpart_is_skipped_with_a_reason() {
    let skipped = |text: &str| match &suite::parse(text).unwrap().cases[0].content {
        Content::Skipped(reason) => reason.clone(),
        content => panic!("{content:?}"),
    };
    assert_eq!(skipped(&suite("redis_interop", "\"prefix\": \"p\"")), "belongs to the store in Redis");
    let add = flow("events", r#"{"call": "add_pattern", "pattern": "x"}"#, "");
    assert_eq!(skipped(&add), "patterns are configuration: a reload changes them");
    assert!(skipped(&add.replace("\"drives\"", "\"xfail\": true, \"drives\"")).contains("no way"));
}

#[test]
fn a_configuration_that_is_rejected_is_an_aspect() {
    let rejected = flow("pipeline", DENIED, r#"{"status": 403}"#).replace("192.0.2.11\"]", "nobody\"]");
    assert_eq!(aspects(&rejected), [Aspect::Config]);
}
