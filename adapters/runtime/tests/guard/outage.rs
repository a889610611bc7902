//! Stores that answer late, never, or not at all; and how often a store is asked.

use std::time::Duration;

use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, StateStore, StoreResponse};
use portcullis_runtime::{
    Config, Credential, CredentialDecision, Guard, Head, MemoryStore, Rate, RoutePolicy, Start,
};
use tokio::time::Instant;

use crate::support::{Kept, Mood, Remote, Request, builder, config, denial, header};

fn guard(store: &Remote, edit: impl FnOnce(&mut Config)) -> (Guard, Kept) {
    let (builder, _, kept) = builder(config(edit));
    (builder.store(store.clone()).build().unwrap(), kept)
}

fn limit(config: &mut Config, limit: u32, on_unavailable: OnUnavailable) {
    config.rate.limit = Some(Rate::per_minute(limit));
    config.rate.on_unavailable = on_unavailable;
    config.ban.on_unavailable = on_unavailable;
}

#[tokio::test(start_paused = true)]
async fn a_store_within_the_deadline_is_waited_for() {
    let store = Remote::new(Mood::After(Duration::from_millis(49)));
    let (guard, kept) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
    let start = Instant::now();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(start.elapsed(), Duration::from_millis(49));
    assert_eq!(Request::clean().status(&guard).await, Some(429), "it counted");
    assert!(kept.records().iter().all(|(record, _)| !record.store_unavailable));
}

#[tokio::test(start_paused = true)]
async fn checklist_13_a_store_that_hangs_is_given_up_at_the_deadline() {
    for mood in [Mood::After(Duration::from_millis(51)), Mood::Hang] {
        let store = Remote::new(mood);
        let (guard, kept) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
        let start = Instant::now();
        let denial = denial(Request::clean().check(&guard).await).unwrap();
        assert_eq!(start.elapsed(), Duration::from_millis(50), "{mood:?}");
        assert_eq!((denial.status, header(&denial, "retry-after")), (503, Some("5")));
        assert_eq!(kept.events()[0].kind.name(), "redis_error");
        assert!(kept.records()[0].0.store_unavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_the_one_that_was_set() {
    let store = Remote::new(Mood::Hang);
    let (builder, _, _) = builder(config(|config| limit(config, 1, OnUnavailable::Allow)));
    let guard = builder.store(store).store_deadline(Duration::from_millis(7)).build().unwrap();
    let start = Instant::now();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(start.elapsed(), Duration::from_millis(7));
}

#[tokio::test]
async fn checklist_13_a_store_that_fails_has_the_answer_that_is_configured() {
    let store = Remote::new(Mood::Fail);
    let (denying, kept) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
    let denial = denial(Request::clean().check(&denying).await).unwrap();
    assert_eq!((denial.status, header(&denial, "retry-after")), (503, Some("5")));
    let kinds: Vec<_> = kept.events().iter().map(|event| (event.kind.name(), event.action)).collect();
    assert_eq!(kinds, [("redis_error", "operation_failed"), ("redis_error", "request_blocked")]);
    let (guard, kept) = guard(&store, |config| limit(config, 1, OnUnavailable::Allow));
    for _ in 0..5 {
        assert_eq!(Request::clean().status(&guard).await, None);
    }
    assert!(kept.records().iter().all(|(record, _)| record.store_unavailable));
}

#[tokio::test]
async fn checklist_13_local_counts_in_the_process_until_the_store_is_back() {
    let store = Remote::new(Mood::Fail);
    let (guard, kept) = guard(&store, |config| {
        limit(config, 2, OnUnavailable::Local);
        config.ban.threshold = 2;
    });
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(Request::clean().status(&guard).await, Some(429));
    let other = Request::attack().from([192, 0, 2, 9]);
    assert_eq!(other.status(&guard).await, Some(400));
    assert_eq!(other.status(&guard).await, Some(403), "strikes are counted and ban");
    assert_eq!(Request::clean().from([192, 0, 2, 9]).status(&guard).await, Some(403), "and the ban is kept");
    assert!(
        kept.records().iter().all(|(record, _)| record.store_unavailable),
        "an outage never goes unnoticed"
    );
    store.set(Mood::Ready);
    assert_eq!(Request::clean().status(&guard).await, None, "the store has not seen this client");
    assert!(kept.records().iter().all(|(record, _)| !record.store_unavailable));
}

#[tokio::test]
async fn a_clean_request_asks_once_and_a_finding_twice() {
    let store = Remote::new(Mood::Ready);
    let (builder, _, _) = builder(config(|config| {
        config.rate.endpoint.push(portcullis_core::config::EndpointRate::new("/items", Rate::per_minute(99)));
    }));
    let accept = |_| async { CredentialDecision::Accept };
    let guard = builder.store(store.clone()).verifier("jwt", accept).build().unwrap();
    let rates = RoutePolicy::new().rate(Rate::per_minute(99)).rate_by(["header:x-key"], Rate::per_hour(99));
    let policy = guard.policy("all", rates.verify(Credential::Bearer, "jwt")).unwrap();
    let request = |request: Request| Request {
        headers: vec![("authorization", "Bearer x"), ("x-key", "k")],
        policy: Some(policy),
        ..request
    };
    assert_eq!(request(Request::clean()).status(&guard).await, None);
    assert_eq!(store.asked(), 1, "whatever is configured");
    assert_eq!(request(Request::attack()).status(&guard).await, Some(400));
    assert_eq!(store.asked(), 2);
    assert_eq!(store.deferred(), 0);
    assert_eq!(Request::attack().from([127, 0, 0, 1]).status(&guard).await, Some(400));
    assert_eq!(store.asked(), 2, "also for a client that is never banned");
}

#[tokio::test]
async fn a_refused_request_asks_no_more_than_it_needs() {
    let store = Remote::new(Mood::Ready);
    let (guard, _) = guard(&store, |config| {
        limit(config, 1, OnUnavailable::Local);
        config.access.deny = vec!["192.0.2.0/24".parse().unwrap()];
    });
    assert_eq!(Request::clean().from([192, 0, 2, 1]).status(&guard).await, Some(403));
    assert_eq!(store.asked(), 0, "a listed client is refused before");
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(Request::attack().status(&guard).await, Some(429));
    assert_eq!(store.asked(), 2, "a limited client is not inspected");
}

#[tokio::test]
async fn what_cannot_change_the_verdict_is_deferred() {
    let store = Remote::new(Mood::Ready);
    let (builder, _, _) = builder(config(|config| config.ban.threshold = 2));
    let reject = |_| async { CredentialDecision::Reject };
    let guard = builder.store(store.clone()).verifier("jwt", reject).build().unwrap();
    let policy = guard.policy("api", RoutePolicy::new().verify(Credential::Bearer, "jwt")).unwrap();
    let guess = Request { headers: vec![("authorization", "Bearer guess")], ..Request::policy(policy) };
    assert_eq!(guess.status(&guard).await, Some(401));
    assert_eq!(store.asked(), 1, "the strike is not awaited");
    tokio::task::yield_now().await;
    assert_eq!((store.asked(), store.deferred()), (1, 0), "a task asks, so that a ban can be reported");
    assert_eq!(guess.status(&guard).await, Some(401));
    tokio::task::yield_now().await;
    assert_eq!(guess.status(&guard).await, Some(403), "but it counts");
}

#[test]
fn a_request_that_would_have_to_wait_is_not_decided_at_once() {
    let guard = Guard::builder(Config::default()).store(Silent).build().unwrap();
    let (parts, ()) = http::Request::get("/")
        .extension(std::net::IpAddr::from([192, 0, 2, 7]))
        .body(())
        .unwrap()
        .into_parts();
    assert!(matches!(guard.start(guard.arrive(), Head::from(&parts), None), Start::Pending(_)));
}

/// A store that never answers.
#[derive(Debug)]
struct Silent;

impl StateStore for Silent {
    fn apply<'a>(&'a self, _: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Pending(Box::pin(std::future::pending()))
    }

    fn defer(&self, _: &Batch) {}
}

#[tokio::test]
async fn the_process_counts_in_the_local_store_that_it_was_given() {
    let small = MemoryStore::builder().shards(1).max_bans(1).build();
    let (builder, ..) = builder(config(|config| config.ban.threshold = 1));
    let guard = builder.store(Remote::new(Mood::Fail)).local_store(small).build().unwrap();
    assert_eq!(Request::attack().status(&guard).await, Some(403));
    let second = Request::attack().from([192, 0, 2, 1]);
    assert_eq!(second.status(&guard).await, Some(400), "it has room for one ban");
}
