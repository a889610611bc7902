//! Dynamic rules on a guard: applied, reported, expired, and sent to the store once.

use std::time::Duration;

use portcullis_core::compat::rules::IgnoreReason;
use portcullis_runtime::{Config, Guard, Rate, RoutePolicy, RuleDocument, RulesOutcome};

use crate::support::{FakeStore, NOW, Request, StoreMode, builder, config};

fn document(json: &str) -> RuleDocument {
    RuleDocument::from_json(json, NOW).unwrap()
}

async fn apply(guard: &Guard, json: &str) -> (Vec<String>, usize) {
    match guard.apply_rules(&document(json)).await.unwrap() {
        RulesOutcome::InForce { warnings, undone, .. } => (warnings, undone),
        other => panic!("{json}: {other:?}"),
    }
}

#[tokio::test]
async fn a_document_is_in_force_until_it_ends() {
    let (builder, clock, _) = builder(Config::default());
    let guard = builder.build().unwrap();
    let json = r#"{"rule_id": "r", "global_rate_limit": 1, "expires_at": 1700000060}"#;
    assert_eq!(apply(&guard, json).await, (Vec::new(), 0));
    assert_eq!(
        (Request::clean().status(&guard).await, Request::clean().status(&guard).await),
        (None, Some(429))
    );
    clock.set(NOW.after(Duration::from_millis(59_999)));
    assert!(guard.rules().is_some());
    assert_eq!(guard.expire_rules(), Ok(false));
    clock.set(NOW.after(Duration::from_secs(60)));
    assert_eq!(guard.engine().config().rate.limit, Config::default().rate.limit, "`rules` returns the base");
    assert!(guard.rules().is_none());
    assert_eq!(guard.expire_rules(), Ok(false), "once");
}

#[tokio::test]
async fn bans_of_networks_hold_and_are_not_repeated() {
    let (builder, _, sink) = builder(Config::default());
    let guard = builder.build().unwrap();
    guard.ban("192.0.2.1".parse().unwrap(), Duration::from_secs(3600)).await.unwrap();
    sink.events();
    let json = r#"{"rule_id": "r", "ip_blacklist": ["203.0.113.0/24", "198.51.100.9"], "ip_whitelist": ["192.0.2.1"]}"#;
    assert_eq!(apply(&guard, json).await, (Vec::new(), 0));
    let kinds: Vec<&str> = sink.events().iter().map(|event| event.kind.name()).collect();
    assert_eq!(
        kinds,
        ["dynamic_rule_updated", "dynamic_rule_applied", "ip_banned", "ip_banned", "ip_unbanned"]
    );
    for (peer, status) in
        [([203, 0, 113, 77], Some(403)), ([198, 51, 100, 9], Some(403)), ([192, 0, 2, 1], None)]
    {
        assert_eq!(Request::clean().from(peer).status(&guard).await, status, "{peer:?}");
    }
    guard.unban("203.0.113.0/24".parse().unwrap()).await.unwrap();
    let again = guard.apply_rules(&document(json)).await.unwrap();
    assert_eq!(again, RulesOutcome::Ignore(IgnoreReason::Known));
    assert_eq!(Request::clean().from([203, 0, 113, 77]).status(&guard).await, None);
}

#[tokio::test(start_paused = true)]
async fn orders_of_a_document_do_not_come_after_those_of_the_next() {
    let store = FakeStore::new(StoreMode::After(Duration::from_millis(10)));
    let (builder, ..) = builder(Config::default());
    let guard = builder.store(store).build().unwrap();
    let many: Vec<String> = (0..20).map(|host| format!("\"203.0.113.{host}\"")).collect();
    let ban = format!("{{\"rule_id\": \"r\", \"version\": 1, \"ip_blacklist\": [{}]}}", many.join(","));
    let lift = r#"{"rule_id": "r", "version": 2, "ip_whitelist": ["203.0.113.19"]}"#;
    tokio::join!(apply(&guard, &ban), apply(&guard, lift));
    assert!(guard.is_banned([203, 0, 113, 0].into()).await.unwrap().is_some());
    assert_eq!(guard.is_banned([203, 0, 113, 19].into()).await, Ok(None), "the later document removes it");
}

#[tokio::test]
async fn a_store_that_is_away_leaves_orders_undone_and_the_rules_in_force() {
    let (builder, _, sink) = builder(Config::default());
    let store = FakeStore::new(StoreMode::Fail);
    let guard = builder.store(store).build().unwrap();
    let many: Vec<String> = (0..20).map(|host| format!("\"203.0.113.{host}\"")).collect();
    let json =
        format!("{{\"rule_id\": \"r\", \"global_rate_limit\": 3, \"ip_blacklist\": [{}]}}", many.join(","));
    assert_eq!(apply(&guard, &json).await, (Vec::new(), 20));
    assert_eq!(guard.engine().config().rate.limit, Some(Rate::per_minute(3)));
    assert!(sink.events().iter().all(|event| event.kind.name() != "ip_banned"));
}

#[tokio::test]
async fn rules_that_a_policy_cannot_be_served_under_change_nothing() {
    let (builder, ..) = builder(Config::default());
    let guard = builder.build().unwrap();
    let full = (0..14).fold(RoutePolicy::new(), |policy, _| policy.rate(Rate::per_minute(5)));
    guard.policy("full", full).unwrap();
    let json =
        r#"{"rule_id": "r", "endpoint_rate_limits": {"/a": [5, 60]}, "ip_blacklist": ["203.0.113.1"]}"#;
    assert!(guard.apply_rules(&document(json)).await.is_err());
    assert!(guard.rules().is_none());
    assert_eq!(Request::clean().from([203, 0, 113, 1]).status(&guard).await, None, "no address is banned");
    assert_eq!(
        apply(&guard, r#"{"rule_id": "r", "global_rate_limit": 3}"#).await.1,
        0,
        "the version is not used up"
    );
}

#[tokio::test]
async fn a_reload_keeps_the_rules_over_the_new_base() {
    let (builder, ..) = builder(Config::default());
    let guard = builder.build().unwrap();
    apply(&guard, r#"{"rule_id": "r", "global_rate_limit": 3}"#).await;
    guard.reload(config(|config| config.passive = true)).unwrap();
    let engine = guard.engine();
    assert!(engine.config().passive);
    assert_eq!(engine.config().rate.limit, Some(Rate::per_minute(3)));
}
