//! The steps of a request, resumed by hand: cases that vectors cannot express.

use std::collections::HashSet;
use std::net::IpAddr;

use bytes::Bytes;
use http::request::{Builder, Parts};
use portcullis_core::config::{EndpointRate, OnIncomplete, OnUnavailable};
use portcullis_core::state::{Key, Op, Replies, Unavailable};
use portcullis_core::{
    Config, Credential, CredentialDecision, Engine, Feed, Head, NextStep, Peer, PolicyHandle, Rate,
    RequestSlot, RoutePolicy, Scratch, Step, Timestamp, Verdict,
};

const NOW: Timestamp = Timestamp::from_millis(43_200_000);

fn parts(request: Builder) -> Parts {
    request.body(()).expect("a request").into_parts().0
}

fn head(parts: &Parts) -> Head<'_> {
    Head::from(parts).peer(Peer::Address(IpAddr::from([192, 0, 2, 7])))
}

fn engine(change: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    change(&mut config);
    config.compile().expect("a configuration")
}

/// The verdict about a request with a body, with an empty store.
fn verdict(engine: &Engine, request: Builder, body: &'static [u8]) -> Verdict {
    let parts = parts(request);
    let mut scratch = Scratch::new();
    let head = head(&parts).has_body(!body.is_empty());
    let mut slot = RequestSlot::new();
    let Step::State(need) = engine.begin(head, NOW, &mut scratch, &mut slot) else { panic!("a lookup") };
    match need.resume(Ok(Replies::new())) {
        NextStep::Done(done) => done.into_verdict(),
        NextStep::Punish(need) => need.resume(Ok(Replies::new())),
        NextStep::Body(need) => {
            let Feed::More(need) = need.push(Bytes::from_static(body)) else { panic!("within the limit") };
            match need.finish().next {
                NextStep::Done(done) => done.into_verdict(),
                NextStep::Punish(need) => need.resume(Ok(Replies::new())),
                _ => panic!("no verdict"),
            }
        }
        _ => panic!("no verdict"),
    }
}

const SCRIPT: &[u8] = b"<script>alert(1)</script>";

#[test]
fn a_declared_length_of_zero_does_not_hide_a_body() {
    let verdict = verdict(&engine(|_| {}), http::Request::post("/").header("content-length", "0"), SCRIPT);
    assert_eq!(verdict.status(), Some(400));
}

#[test]
fn an_odd_charset_that_passes_is_inspected_nevertheless() {
    let engine = engine(|config| config.detect.on_incomplete = OnIncomplete::Allow);
    let request = |kind| http::Request::post("/").header("content-type", kind);
    assert_eq!(verdict(&engine, request("text/plain; charset=utf-7"), SCRIPT).status(), Some(400));
    let harmless = verdict(&engine, request("text/plain; charset=utf-7"), b"hello");
    assert!(harmless.is_allow() && !harmless.coverage.is_complete());
}

#[test]
fn a_text_declared_as_json_is_inspected_as_text_too() {
    let engine = engine(|_| {});
    for kind in ["application/json", "text/plain"] {
        let request = || http::Request::post("/").header("content-type", kind);
        let attack = br#"[1 <a style=":" onclick="location=name">"#;
        assert_eq!(verdict(&engine, request(), attack).status(), Some(400), "{kind}");
        assert_eq!(verdict(&engine, request(), br#"[1, "a", {"b": null}]"#).status(), None, "{kind}");
    }
}

#[test]
fn the_name_of_a_cookie_is_inspected() {
    let request = http::Request::get("/").header("cookie", "a=1; <script>alert(1)</script>=1");
    assert_eq!(verdict(&engine(|_| {}), request, b"").status(), Some(400));
}

#[test]
fn debug_output_of_working_space_has_no_request_data() {
    let engine = engine(|_| {});
    let parts = parts(http::Request::get("/?a=%73esame"));
    let mut scratch = Scratch::new();
    {
        let mut slot = RequestSlot::new();
        let Step::State(need) = engine.begin(head(&parts), NOW, &mut scratch, &mut slot) else {
            panic!("a lookup")
        };
        assert!(matches!(need.resume(Ok(Replies::new())), NextStep::Done(_)));
    }
    let secret: Vec<String> = b"sesame".iter().map(u8::to_string).collect();
    assert!(!format!("{scratch:?}").contains(&secret.join(", ")));
}

/// The counters of a request with these header lines.
fn counters(engine: &Engine, lines: &[(&str, &str)]) -> HashSet<Key> {
    let request = lines.iter().fold(http::Request::get("/"), |all, (name, value)| all.header(*name, *value));
    let parts = parts(request);
    let mut scratch = Scratch::new();
    let mut slot = RequestSlot::new();
    let Step::State(need) = engine.begin(head(&parts), NOW, &mut scratch, &mut slot) else {
        panic!("a lookup")
    };
    let hits = need.batch().ops().iter().filter_map(|op| match op {
        Op::Hit { key, .. } => Some(*key),
        _ => None,
    });
    hits.collect()
}

#[test]
fn a_second_value_of_a_key_has_no_counter_of_its_own() {
    for (key, line, one, two) in
        [("header:x-api-key", "x-api-key", "mine", "junk"), ("cookie:sid", "cookie", "sid=mine", "sid=junk")]
    {
        let engine = engine(|config| config.rate.key = vec![key.parse().unwrap()]);
        let own = counters(&engine, &[(line, one)]);
        let client = counters(&engine, &[]);
        assert_ne!(own, client);
        assert_eq!(counters(&engine, &[(line, one), (line, one)]), own, "{key}");
        assert_eq!(counters(&engine, &[(line, one), (line, two)]), client, "{key}");
    }
}

#[test]
fn an_unavailable_store_is_handled_by_the_rules_that_need_it() {
    let engine = engine(|config| {
        config.rate.on_unavailable = OnUnavailable::Deny;
        config.ban.on_unavailable = OnUnavailable::Allow;
        config.access.exempt = vec!["192.0.2.7".parse().expect("an address")];
    });
    let parts = parts(http::Request::get("/"));
    let mut scratch = Scratch::new();
    for (address, expected) in [([192, 0, 2, 7], None), ([192, 0, 2, 8], Some(503))] {
        let head = head(&parts).peer(Peer::Address(IpAddr::from(address)));
        let mut slot = RequestSlot::new();
        let Step::State(need) = engine.begin(head, NOW, &mut scratch, &mut slot) else { panic!("a lookup") };
        let NextStep::Done(done) = need.resume(Err(Unavailable)) else { panic!("a verdict") };
        let verdict = done.into_verdict();
        assert_eq!(verdict.status(), expected, "{address:?}");
    }
}

fn guarded() -> (Engine, PolicyHandle) {
    let policy = RoutePolicy::new().rate(Rate::per_minute(60)).verify(Credential::Bearer, "tokens");
    engine(|_| {}).with_policy("api", &policy).expect("a policy")
}

#[test]
fn only_a_credential_that_was_rejected_is_a_strike() {
    let (engine, policy) = guarded();
    let with = parts(http::Request::get("/").header("authorization", "Bearer x"));
    for (answer, strikes) in [(CredentialDecision::Reject, true), (CredentialDecision::Fail, false)] {
        let mut scratch = Scratch::new();
        let head = head(&with).policy(policy);
        let mut slot = RequestSlot::new();
        let Step::State(need) = engine.begin(head, NOW, &mut scratch, &mut slot) else { panic!("a lookup") };
        let NextStep::Verify(need) = need.resume(Ok(Replies::new())) else { panic!("a claim") };
        assert_eq!((need.verifier(), need.credential()), ("tokens", &b"x"[..]));
        let NextStep::Done(done) = need.resume(answer.clone()) else { panic!("a verdict") };
        let verdict = done.into_verdict();
        assert_eq!(verdict.status(), Some(401));
        assert_eq!(verdict.deferred.is_some(), strikes, "{answer:?}");
    }
    let without = parts(http::Request::get("/"));
    let mut scratch = Scratch::new();
    let head = head(&without).policy(policy);
    let mut slot = RequestSlot::new();
    let Step::State(need) = engine.begin(head, NOW, &mut scratch, &mut slot) else { panic!("a lookup") };
    let NextStep::Done(done) = need.resume(Ok(Replies::new())) else { panic!("a verdict") };
    let verdict = done.into_verdict();
    assert_eq!((verdict.status(), verdict.deferred.is_some()), (Some(401), false));
}

#[test]
fn an_excerpt_has_no_bidirectional_controls() {
    let request = http::Request::get("/?q=%E2%81%A6%E2%80%8F1'+union+select+password+from+users--");
    let finding = verdict(&engine(|_| {}), request, b"").finding.expect("an attack");
    assert!(finding.excerpt.is_ascii(), "{}", finding.excerpt);
}

#[test]
fn compound_names_of_secrets_are_masked_too() {
    let engine = engine(|_| {});
    for name in ["user[password]", "new_password", "X-Csrf-Token", "PHPSESSID", "connect.sid"] {
        let query = format!("/?{name}=hunter2'+union+select+password+from+users--");
        let finding = verdict(&engine, http::Request::get(query), b"").finding.expect("an attack");
        assert_eq!(finding.excerpt, "[masked]", "{name}");
    }
    let plain = verdict(&engine, http::Request::get("/?side=1'+union+select+password+from+users--"), b"");
    assert_ne!(plain.finding.expect("an attack").excerpt, "[masked]");
}

#[test]
fn head_counts_as_get() {
    // Frameworks route `HEAD` to the handler of `GET`.
    let engine = engine(|config| {
        let mut endpoint = EndpointRate::new("/report", Rate::per_minute(5));
        endpoint.methods = vec![http::Method::GET];
        config.rate.endpoint.push(endpoint);
        config.rate.limit = None;
    });
    for (method, counted) in [("GET", 1), ("HEAD", 1), ("POST", 0)] {
        let parts = parts(http::Request::builder().method(method).uri("/report"));
        let mut scratch = Scratch::new();
        let mut slot = RequestSlot::new();
        let Step::State(need) = engine.begin(head(&parts), NOW, &mut scratch, &mut slot) else {
            panic!("a lookup")
        };
        let hits = need.batch().ops().iter().filter(|op| matches!(op, Op::Hit { .. })).count();
        assert_eq!(hits, counted, "{method}");
    }
}

#[test]
fn an_authority_is_inspected_like_a_host() {
    let verdict =
        verdict(&engine(|_| {}), http::Request::get("http://a'union(select(password)from(users))--/"), b"");
    assert_eq!(
        verdict.finding.map(|finding| (finding.class.name(), finding.field())),
        Some(("sqli", "header `host`".into()))
    );
}

#[test]
fn defect_42_a_missing_reply_makes_the_store_unavailable() {
    let engine = engine(|config| config.rate.on_unavailable = OnUnavailable::Deny);
    let parts = parts(http::Request::get("/"));
    let mut scratch = Scratch::new();
    let mut slot = RequestSlot::new();
    let Step::State(need) = engine.begin(head(&parts), NOW, &mut scratch, &mut slot) else {
        panic!("a lookup")
    };
    let NextStep::Done(done) = need.resume(Ok(Replies::new())) else { panic!("a verdict") };
    let verdict = done.into_verdict();
    assert_eq!(verdict.status(), Some(503));
}

#[test]
fn a_handle_of_another_guard_is_rejected() {
    let (_, foreign) = engine(|_| {}).with_policy("theirs", &RoutePolicy::new()).expect("a policy");
    let (ours, _) = engine(|_| {}).with_policy("ours", &RoutePolicy::new()).expect("a policy");
    let parts = parts(http::Request::get("/"));
    let mut scratch = Scratch::new();
    let head = head(&parts).policy(foreign);
    let mut slot = RequestSlot::new();
    let Step::Done(done) = ours.begin(head, NOW, &mut scratch, &mut slot) else { panic!("a verdict") };
    let verdict = done.into_verdict();
    assert_eq!(verdict.status(), Some(500));
}
