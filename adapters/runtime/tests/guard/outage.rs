//! Stores that reply late, never, or with an error; and the number of batches.

use std::time::Duration;

use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, StateStore, StoreResponse};
use portcullis_runtime::{
    Config, Credential, CredentialDecision, Guard, Head, MemoryStore, Rate, RoutePolicy, Start,
};
use tokio::time::Instant;

use crate::support::{FakeStore, RecordingSink, Request, StoreMode, builder, config, denial, header};

fn guard(store: &FakeStore, edit: impl FnOnce(&mut Config)) -> (Guard, RecordingSink) {
    let (builder, _, sink) = builder(config(edit));
    (builder.store(store.clone()).build().unwrap(), sink)
}

fn limit(config: &mut Config, limit: u32, on_unavailable: OnUnavailable) {
    config.rate.limit = Some(Rate::per_minute(limit));
    config.rate.on_unavailable = on_unavailable;
    config.ban.on_unavailable = on_unavailable;
}

#[tokio::test(start_paused = true)]
async fn a_store_within_the_deadline_is_waited_for() {
    let store = FakeStore::new(StoreMode::After(Duration::from_millis(49)));
    let (guard, sink) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
    let start = Instant::now();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(start.elapsed(), Duration::from_millis(49));
    assert_eq!(Request::clean().status(&guard).await, Some(429), "it counted");
    assert!(sink.records().iter().all(|(record, _)| !record.store_unavailable));
}

#[tokio::test(start_paused = true)]
async fn checklist_13_a_store_that_hangs_is_given_up_at_the_deadline() {
    for mode in [StoreMode::After(Duration::from_millis(51)), StoreMode::Hang] {
        let store = FakeStore::new(mode);
        let (guard, sink) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
        let start = Instant::now();
        let denial = denial(Request::clean().check(&guard).await).unwrap();
        assert_eq!(start.elapsed(), Duration::from_millis(50), "{mode:?}");
        assert_eq!((denial.status, header(&denial, "retry-after")), (503, Some("5")));
        assert_eq!(sink.events()[0].kind.name(), "redis_error");
        assert!(sink.records()[0].0.store_unavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_the_one_that_was_set() {
    let store = FakeStore::new(StoreMode::Hang);
    let (builder, _, _) = builder(config(|config| limit(config, 1, OnUnavailable::Allow)));
    let guard = builder.store(store).store_deadline(Duration::from_millis(7)).build().unwrap();
    let start = Instant::now();
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(start.elapsed(), Duration::from_millis(7));
}

#[tokio::test]
async fn checklist_13_a_store_that_fails_has_the_answer_that_is_configured() {
    let store = FakeStore::new(StoreMode::Fail);
    let (denying, sink) = guard(&store, |config| limit(config, 1, OnUnavailable::Deny));
    let denial = denial(Request::clean().check(&denying).await).unwrap();
    assert_eq!((denial.status, header(&denial, "retry-after")), (503, Some("5")));
    let kinds: Vec<_> = sink.events().iter().map(|event| (event.kind.name(), event.action)).collect();
    assert_eq!(kinds, [("redis_error", "operation_failed"), ("redis_error", "request_blocked")]);
    let (guard, sink) = guard(&store, |config| limit(config, 1, OnUnavailable::Allow));
    for _ in 0..5 {
        assert_eq!(Request::clean().status(&guard).await, None);
    }
    assert!(sink.records().iter().all(|(record, _)| record.store_unavailable));
}

#[tokio::test]
async fn checklist_13_local_counts_in_the_process_until_the_store_is_back() {
    let store = FakeStore::new(StoreMode::Fail);
    let (guard, sink) = guard(&store, |config| {
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
        sink.records().iter().all(|(record, _)| record.store_unavailable),
        "an outage is always reported"
    );
    store.set(StoreMode::Ready);
    assert_eq!(Request::clean().status(&guard).await, None, "the store has no entry of this client");
    assert!(sink.records().iter().all(|(record, _)| !record.store_unavailable));
}

#[tokio::test]
async fn a_clean_request_sends_one_batch_and_a_finding_two() {
    let store = FakeStore::new(StoreMode::Ready);
    let (builder, _, _) = builder(config(|config| {
        config.rate.endpoint.push(portcullis_core::config::EndpointRate::new("/items", Rate::per_minute(99)));
    }));
    let guard = builder
        .store(store.clone())
        .verifier("jwt", |_, _| async { CredentialDecision::Accept })
        .build()
        .unwrap();
    let rates = RoutePolicy::new()
        .rate(Rate::per_minute(99))
        .rate_by(["header:x-key".parse().unwrap()], Rate::per_hour(99));
    let policy = guard.policy("all", rates.verify(Credential::Bearer, "jwt")).unwrap();
    let request = |request: Request| Request {
        headers: vec![("authorization", "Bearer x"), ("x-key", "k")],
        policy: Some(policy),
        ..request
    };
    assert_eq!(request(Request::clean()).status(&guard).await, None);
    assert_eq!(store.batches(), 1, "whatever is configured");
    assert_eq!(request(Request::attack()).status(&guard).await, Some(400));
    assert_eq!(store.batches(), 2);
    assert_eq!(store.deferred(), 0);
    assert_eq!(Request::attack().from([127, 0, 0, 1]).status(&guard).await, Some(400));
    assert_eq!(store.batches(), 2, "also for a client that is never banned");
}

#[tokio::test]
async fn a_rejected_request_sends_no_further_batches() {
    let store = FakeStore::new(StoreMode::Ready);
    let (guard, _) = guard(&store, |config| {
        limit(config, 1, OnUnavailable::Local);
        config.access.deny = vec!["192.0.2.0/24".parse().unwrap()];
    });
    assert_eq!(Request::clean().from([192, 0, 2, 1]).status(&guard).await, Some(403));
    assert_eq!(store.batches(), 0, "a listed client is rejected before");
    assert_eq!(Request::clean().status(&guard).await, None);
    assert_eq!(Request::attack().status(&guard).await, Some(429));
    assert_eq!(store.batches(), 2, "a limited client is not inspected");
}

#[tokio::test]
async fn what_cannot_change_the_verdict_is_deferred() {
    let store = FakeStore::new(StoreMode::Ready);
    let (builder, _, _) = builder(config(|config| config.ban.threshold = 2));
    let guard = builder
        .store(store.clone())
        .verifier("jwt", |_, _| async { CredentialDecision::Reject })
        .build()
        .unwrap();
    let policy = guard.policy("api", RoutePolicy::new().verify(Credential::Bearer, "jwt")).unwrap();
    let guess = Request { headers: vec![("authorization", "Bearer guess")], ..Request::policy(policy) };
    assert_eq!(guess.status(&guard).await, Some(401));
    assert_eq!(store.batches(), 1, "the strike is not awaited");
    tokio::task::yield_now().await;
    assert_eq!(
        (store.batches(), store.deferred()),
        (1, 0),
        "a task sends the batch, so that a ban can be reported"
    );
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
    assert!(matches!(guard.arrive().start(Head::from(&parts), None), Start::Pending(_)));
}

/// A store that never replies.
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
    let guard = builder.store(FakeStore::new(StoreMode::Fail)).local_store(small).build().unwrap();
    assert_eq!(Request::attack().status(&guard).await, Some(403));
    let second = Request::attack().from([192, 0, 2, 1]);
    assert_eq!(second.status(&guard).await, Some(400), "it has room for one ban");
}
