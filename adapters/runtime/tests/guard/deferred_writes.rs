//! Writes after verdicts and responses: over a store that replies later, and beyond the limit of awaited tasks.

use std::time::Duration;

use portcullis_core::ResponseInfo;
use portcullis_runtime::{AddressTables, Config, Guard, Ticket};
use tokio::time::sleep;

use crate::support::{CLIENT, FakeStore, RecordingSink, Request, StoreMode, builder, config};

const WAIT: Duration = Duration::from_millis(10);

fn guard(store: &FakeStore, tasks: usize, edit: impl FnOnce(&mut Config)) -> (Guard, RecordingSink) {
    let (builder, _, sink) = builder(config(edit));
    (builder.store(store.clone()).max_deferred_tasks(tasks).build().unwrap(), sink)
}

fn not_found(config: &mut Config) {
    config.behaviour.not_found = Some("1/min".parse().unwrap());
}

async fn passed(guard: &Guard) -> Ticket {
    match Request::clean().check(guard).await {
        Ok(admitted) => *admitted.admission.exchange().ticket(),
        other => panic!("{other:?}"),
    }
}

async fn respond(guard: &Guard, status: u16) {
    let ticket = passed(guard).await;
    guard.observe_response(&guard.engine(), &ticket, &ResponseInfo { status, body: None, cost: 1 });
}

fn kinds(sink: &RecordingSink) -> Vec<&'static str> {
    sink.events().iter().map(|event| event.kind.name()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_ban_by_deferred_strikes_is_reported_when_the_store_has_answered() {
    let store = FakeStore::new(StoreMode::After(WAIT));
    let (guard, sink) = guard(&store, 8, |config| {
        config.rate.limit = Some("1/min".parse().unwrap());
        config.rate.strikes = true;
        config.ban.threshold = 1;
    });
    passed(&guard).await;
    assert_eq!(Request::clean().status(&guard).await, Some(429));
    assert_eq!(
        (kinds(&sink), guard.deferred_writes().running),
        (vec!["rate_limited"], 1),
        "it is not awaited"
    );
    sleep(2 * WAIT).await;
    let events = sink.events();
    assert_eq!(events.len(), 1);
    let banned = &events[0];
    assert_eq!((banned.kind.name(), banned.reason.as_str()), ("ip_banned", "rate_limit_exceeded"));
    assert!(banned.address.is_some() && banned.reference.is_some());
    assert_eq!(guard.deferred_writes().running, 0);
    assert_eq!(Request::clean().status(&guard).await, Some(403));
}

#[tokio::test(start_paused = true)]
async fn violations_of_response_rules_are_reported_when_the_store_has_answered() {
    let store = FakeStore::new(StoreMode::After(WAIT));
    let (guard, sink) = guard(&store, 8, not_found);
    respond(&guard, 404).await;
    sleep(2 * WAIT).await;
    respond(&guard, 404).await;
    assert!(sink.events().is_empty());
    sleep(2 * WAIT).await;
    assert_eq!(kinds(&sink), ["decorator_violation", "behavioral_violation"]);
    assert_eq!(Request::clean().status(&guard).await, Some(429));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_to_be_awaited_goes_into_the_stores_queue_and_still_counts() {
    let store = FakeStore::new(StoreMode::After(WAIT));
    let (guard, sink) = guard(&store, 2, |config| {
        not_found(config);
        config.behaviour.not_found = Some("4/min".parse().unwrap());
    });
    let ticket = passed(&guard).await;
    for _ in 0..5 {
        guard.observe_response(&guard.engine(), &ticket, &ResponseInfo { status: 404, body: None, cost: 1 });
    }
    let stats = guard.deferred_writes();
    assert_eq!((stats.running, stats.unawaited, store.deferred()), (2, 3, 3));
    sleep(2 * WAIT).await;
    assert_eq!(guard.deferred_writes().running, 0);
    assert_eq!(kinds(&sink), ["decorator_violation", "behavioral_violation"], "the fifth was awaited");
    assert_eq!(Request::clean().status(&guard).await, Some(429));
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_the_process_counts_responses_on_its_own() {
    for mode in [StoreMode::Fail, StoreMode::Hang] {
        let store = FakeStore::new(mode);
        let (guard, sink) = guard(&store, 8, not_found);
        respond(&guard, 404).await;
        respond(&guard, 404).await;
        sleep(Duration::from_secs(1)).await;
        let reported = kinds(&sink).into_iter().filter(|kind| kind.starts_with("behavioral")).count();
        assert_eq!(reported, 1, "{mode:?}");
        assert_eq!(Request::clean().status(&guard).await, Some(429), "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_releases_its_slot_when_the_store_never_replies() {
    let store = FakeStore::new(StoreMode::After(WAIT));
    let (guard, _) = guard(&store, 1, not_found);
    let ticket = passed(&guard).await;
    store.set(StoreMode::Hang);
    guard.observe_response(&guard.engine(), &ticket, &ResponseInfo { status: 404, body: None, cost: 1 });
    assert_eq!(guard.deferred_writes().running, 1);
    sleep(Duration::from_millis(51)).await;
    assert_eq!(guard.deferred_writes().running, 0);
}

#[tokio::test]
async fn responses_without_a_rule_send_no_batch() {
    let store = FakeStore::new(StoreMode::Ready);
    let (guard, sink) = guard(&store, 8, not_found);
    respond(&guard, 200).await;
    tokio::task::yield_now().await;
    assert_eq!((store.batches(), store.deferred(), sink.events().len()), (1, 0, 0), "the request itself");
}

#[tokio::test]
async fn bodies_that_cannot_be_looked_into_are_counted() {
    let (guard, _) = guard(&FakeStore::new(StoreMode::Ready), 8, |config| {
        let rule = portcullis_core::config::BehaviourRule::returns(
            portcullis_core::config::ReturnPattern::Text("denied".into()),
            1,
            Duration::from_secs(60),
            portcullis_core::config::BehaviourAction::Log,
        );
        config.behaviour.inspect_responses = true;
        config.behaviour.rule.push(rule);
    });
    let (engine, ticket) = (guard.engine(), passed(&guard).await);
    let headers = |value: &'static str| vec![("content-encoding", value)];
    assert_eq!(engine.response_prefix(&ticket, &headers("identity")), Some(64 << 10));
    assert_eq!(engine.response_prefix(&ticket, &headers("br")), None);
    guard.observe_response(&engine, &ticket, &ResponseInfo { status: 200, body: Some(b""), cost: 1 });
    assert_eq!(guard.deferred_writes().uninspected, 0);
    guard.observe_response(&engine, &ticket, &ResponseInfo { status: 200, body: None, cost: 1 });
    assert_eq!(guard.deferred_writes().uninspected, 1);
}

#[tokio::test(start_paused = true)]
async fn events_after_a_response_have_the_clients_country() {
    for mode in [StoreMode::Ready, StoreMode::After(WAIT), StoreMode::Fail] {
        let store = FakeStore::new(mode);
        let (guard, sink) = guard(&store, 8, not_found);
        guard.set_facts(AddressTables::builder().country("DE".parse().unwrap(), [CLIENT.into()]).build());
        let ticket = passed(&guard).await;
        for _ in 0..2 {
            guard.observe_response(
                &guard.engine(),
                &ticket,
                &ResponseInfo { status: 404, body: None, cost: 1 },
            );
            sleep(2 * WAIT).await;
        }
        let mut events = sink.events();
        events.retain(|event| event.address == Some(CLIENT));
        let countries: Vec<_> = events.iter().map(|event| event.country).collect();
        assert_eq!(countries, ["DE".parse().ok(); 2], "{mode:?}");
    }
}
