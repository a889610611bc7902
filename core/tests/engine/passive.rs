//! Passive mode: every rejection is reported, and every request passes.

use std::sync::atomic::Ordering;

use portcullis_core::config::{Config, OnUnavailable};
use portcullis_core::{
    BodyFault, Check, Credential, CredentialDecision, HookDecision, Outcome, Peer, Rate, RoutePolicy,
};

use crate::support::{Driven, NOW, Request, SCRIPT, SQL, Script, Store, engine, events, with_policy};

/// Rejects every request for every reason in it.
fn strict(edit: impl FnOnce(&mut Config)) -> portcullis_core::Engine {
    engine(|config| {
        config.passive = true;
        config.access.deny = vec!["198.51.100.0/24".parse().unwrap()];
        config.rate.limit = Some(Rate::per_minute(1));
        config.rate.strikes = true;
        config.rate.on_unavailable = OnUnavailable::Deny;
        config.ban.threshold = 1;
        edit(config);
    })
}

fn policy() -> RoutePolicy {
    RoutePolicy::new().verify(Credential::Bearer, "jwt").hook("a").hook("b")
}

fn run(request: Request, store: &Store, script: &Script) -> Driven {
    let (engine, handle) = with_policy(&strict(|_| {}), policy());
    let request = if request.policy.is_none() { request.policy(handle) } else { request };
    request.drive(&engine, store, NOW, script)
}

fn failing() -> Script {
    let hooks =
        vec![HookDecision::Deny(http::StatusCode::from_u16(418).unwrap(), "no".into()), HookDecision::Fail];
    Script { credential: CredentialDecision::Reject, hooks, ..Script::default() }
}

#[test]
fn every_rejection_is_an_event_and_the_request_passes() {
    let store = Store::default();
    let request = Request::get(&format!("/?id={SQL}")).header("authorization", "Bearer x");
    let first = run(request.clone(), &store, &failing());
    assert!(first.verdict.is_allow());
    let expected = [
        "ip_blocked",
        "decorator_violation",
        "penetration_attempt",
        "custom_request_check",
        "custom_request_check",
    ];
    assert_eq!(events(&first.verdict), expected);
    let second = run(request, &store, &failing());
    assert!(second.verdict.is_allow());
    assert_eq!(
        events(&second.verdict)[..2],
        ["ip_blocked", "rate_limited"],
        "a second request is over the limit"
    );
    assert!(second.verdict.events.iter().all(|event| event.action == "logged_only"));
    let record = second.verdict.record;
    assert_eq!(
        (record.outcome, record.check, record.status),
        (Outcome::Report, Some(Check::IpSecurity), None)
    );
    assert!(second.verdict.finding.is_some() && record.class.is_some(), "the verdict has the finding");
    assert_eq!(second.calls, ["verifier jwt: x", "hook a", "hook b"]);
}

#[test]
fn strikes_are_counted_and_no_client_is_banned() {
    let store = Store::default();
    for _ in 0..5 {
        assert!(run(Request::get(&format!("/?id={SQL}")), &store, &failing()).verdict.is_allow());
    }
    assert!(store.deferred.load(Ordering::Relaxed) >= 5);
    let clean = run(Request::get("/"), &store, &Script::default());
    assert!(!clean.verdict.events.iter().any(|event| event.reason.contains("Banned")));
    let active = engine(|config| config.rate.limit = None);
    assert!(Request::get("/").run(&active, &store).is_allow(), "no ban was stored");
}

#[test]
fn bodies_are_reported_too() {
    let store = Store::default();
    let engine = engine(|config| {
        config.passive = true;
        config.body.limit = portcullis_core::ByteSize::kib(1);
    });
    let attack = Request::post("/", "text/plain", SCRIPT).drive(&engine, &store, NOW, &Script::default());
    assert_eq!((attack.verdict.is_allow(), events(&attack.verdict)), (true, vec!["penetration_attempt"]));
    assert_eq!(attack.replay.unwrap(), SCRIPT);
    for fault in [BodyFault::TimedOut, BodyFault::Broken] {
        let script = Script { fault: Some(fault), ..Script::default() };
        let broken = Request::post("/", "text/plain", "half").drive(&engine, &store, NOW, &script);
        assert_eq!((broken.verdict.is_allow(), events(&broken.verdict)), (true, vec!["content_filtered"]));
        assert!(!broken.verdict.coverage.is_complete());
    }
    let long = "a".repeat(1500);
    let bare = Request::post("/", "text/plain", long.clone());
    for request in [bare.clone(), bare.header("content-length", "1500")] {
        let driven = request.drive(&engine, &store, NOW, &Script::default());
        assert_eq!((driven.verdict.is_allow(), events(&driven.verdict)), (true, vec!["content_filtered"]));
        assert_eq!(driven.replay.unwrap(), long);
    }
    let gzip = Request::post("/", "text/plain", "x").header("content-encoding", "gzip");
    assert_eq!(events(&gzip.run(&engine, &store)), ["content_filtered"]);
}

#[test]
fn defect_16_a_missing_peer_an_outage_and_a_lost_policy_pass() {
    let store = Store::default();
    store.down.store(true, Ordering::Relaxed);
    let missing = run(Request::get("/").peer(Peer::Missing("fix")), &store, &Script::default());
    assert!(missing.verdict.is_allow());
    let kinds = events(&missing.verdict);
    assert_eq!(kinds, ["ip_blocked", "redis_error", "decorator_violation"]);
    let other = with_policy(&engine(|_| {}), RoutePolicy::new()).0;
    let (_, foreign) = other.with_policy("second", &RoutePolicy::new()).unwrap();
    let lost = run(Request::get("/").policy(foreign), &store, &Script::default());
    assert!(lost.verdict.is_allow() && events(&lost.verdict).contains(&"route_unresolved"));
}

#[test]
fn an_attack_in_the_head_does_not_hide_one_in_the_body() {
    let engine = engine(|config| config.passive = true);
    let request = Request::post(&format!("/?q={SQL}"), "text/plain", SCRIPT);
    let verdict = request.run(&engine, &Store::default());
    assert!(verdict.is_allow());
    assert_eq!(events(&verdict), ["penetration_attempt", "penetration_attempt"]);
    assert_eq!(
        verdict.finding.as_ref().map(|finding| finding.class.name()),
        Some("sqli"),
        "the first finding is returned"
    );
    assert!(verdict.coverage.inspected >= SCRIPT.len() as u64 && verdict.coverage.is_complete());
}
