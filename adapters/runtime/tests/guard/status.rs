//! The status for operators.

use std::net::IpAddr;

use portcullis_core::config::{CloudRule, OnUnavailable};
use portcullis_core::{Cloud, Country, Fact, NetworkFacts};
use portcullis_runtime::status::Table;
use portcullis_runtime::{Guard, Rate, RoutePolicy};
use serde_json::{Value, json};

use crate::support::{FakeStore, Request, StoreMode, builder, config};

/// Has some tables and not others.
struct CountriesAndAws;

impl NetworkFacts for CountriesAndAws {
    fn country(&self, _: IpAddr) -> Fact<Option<Country>> {
        Fact::Value(None)
    }

    fn cloud(&self, provider: &str, _: IpAddr, _: &mut dyn FnMut(Cloud<'_>) -> bool) -> Fact<()> {
        if provider.eq_ignore_ascii_case("aws") { Fact::Value(()) } else { Fact::Missing }
    }
}

#[tokio::test]
async fn requests_are_counted_by_outcome() {
    let (builder, _, _) =
        builder(config(|config| config.shadow = vec![portcullis_runtime::Check::RateLimit]));
    let guard = builder.build().unwrap();
    let narrow = guard.policy("narrow", RoutePolicy::new().rate(Rate::per_minute(1))).unwrap();
    for _ in 0..3 {
        Request::policy(narrow).status(&guard).await;
    }
    Request::attack().status(&guard).await;
    let requests = guard.status().requests;
    assert_eq!((requests.allowed, requests.reported, requests.rejected), (1, 2, 1));
}

#[tokio::test]
async fn defect_36_a_guard_is_ready_when_the_tables_of_its_rules_are_loaded() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder.facts(CountriesAndAws).build().unwrap();
    let facts = guard.status().facts;
    assert!(facts.countries.is_none() && facts.clouds.is_empty() && facts.lists.is_empty());
    assert!(guard.status().is_ready());

    let clouds = RoutePolicy::new().deny_cloud("AWS".parse::<CloudRule>().unwrap());
    guard.policy("clouds", clouds.deny_country("DE".parse().unwrap())).unwrap();
    let status = guard.status();
    assert_eq!(status.facts.countries, Some(Table::Loaded));
    assert_eq!(status.facts.clouds[0].state, Table::Loaded);
    assert!(status.ready && status.is_ready());

    guard.policy("lists", RoutePolicy::new().deny_list("tor")).unwrap();
    let status = guard.status();
    let tor = &status.facts.lists[0];
    assert_eq!((tor.name.as_str(), tor.state), ("tor", Table::Missing));
    assert!(!status.ready && !status.is_ready());
}

#[tokio::test]
async fn an_outage_of_the_store_shows_until_it_answers_again() {
    let store = FakeStore::new(StoreMode::Fail);
    let (builder, _, sink) = builder(config(|config| config.rate.on_unavailable = OnUnavailable::Local));
    let guard = builder.store(store.clone()).build().unwrap();
    assert!(guard.status().is_ready(), "no failure is recorded");
    for _ in 0..5 {
        Request::clean().status(&guard).await;
    }
    let status = guard.status();
    assert!(!status.store.available && !status.is_ready());
    assert_eq!((status.store.outages, status.store.bans), (1, None));
    assert_eq!(status.store.last_outage.as_deref(), Some("2023-11-14T22:13:20Z"));
    store.set(StoreMode::Ready);
    Request::clean().status(&guard).await;
    assert!(guard.status().is_ready());
    let events: Vec<_> = sink.events().iter().map(|event| (event.kind.name(), event.action)).collect();
    assert_eq!(
        events,
        [("redis_error", "operation_failed"), ("redis_connection", "connection_established")],
        "reported once each, not with every request"
    );
}

#[tokio::test]
async fn the_status_is_json_without_surprises() {
    let (builder, _, _) = builder(config(|config| {
        config.passive = true;
        config.emergency.enabled = true;
    }));
    let guard = builder.build().unwrap();
    guard.ban("192.0.2.0/24".parse().unwrap(), std::time::Duration::from_secs(60)).await.unwrap();
    let mut status: Value = serde_json::from_str(&guard.status().to_json()).unwrap();
    let hash = status["config"]["hash"].take();
    assert_eq!(hash.as_str().map(str::len), Some(16));
    assert_eq!(
        status,
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "ready": true,
            "passive": true,
            "emergency": true,
            "config": {
                "generation": 0, "hash": null, "failed_reloads": 0, "last_reload": null, "last_error": null,
            },
            "store": {
                "available": true, "outages": 0, "last_outage": null, "bans": 1, "ban_budget": 100_000,
                "windows": 0, "window_budget": 1_048_576,
            },
            "facts": {"countries": null, "clouds": [], "lists": []},
            "requests": {"allowed": 0, "reported": 0, "rejected": 0},
            "bodies": {"bytes": 0, "max_bytes": 268_435_456, "overloaded": 0},
            "dropped_events": 0,
        })
    );
}

#[test]
fn the_same_configuration_has_the_same_hash_in_every_guard() {
    let hash = |limit: u32| {
        let config = config(|config| config.rate.limit = Some(Rate::per_minute(limit)));
        Guard::build(config).unwrap().status().config.hash
    };
    assert_eq!(hash(5), hash(5));
    assert_ne!(hash(5), hash(6));
}
