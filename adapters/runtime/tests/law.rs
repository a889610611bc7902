//! The store meets the contract of all stores, and its own guarantees: bounded memory gives no client budget and removes no
//! ban.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{
    Batch, ClientKey, Key, Op, Quota, Reply, Scope, StateStore, StoreResponse, Subject,
};
use portcullis_core::time::{Clock, Timestamp};
use portcullis_runtime::{MemoryStore, SystemClock};
use portcullis_store_contract::{Capacity, Contract, Law};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_secs(60);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn quota(limit: u32, window: Duration) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap(), window)
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number))
}

fn key(number: u32) -> Key {
    Key::new(Scope::Global, "all", Subject::Client(ClientKey::new(address(number), 64)))
}

fn apply(store: &MemoryStore, op: Op, now: Timestamp) -> Reply {
    let mut batch = Batch::new(now);
    assert!(batch.push(op));
    match store.apply(&batch) {
        StoreResponse::Ready(Ok(replies)) => replies[0],
        other => panic!("a memory store replies at once, not {other:?}"),
    }
}

fn within(store: &MemoryStore, number: u32, quota: Quota, now: Timestamp) -> bool {
    match apply(store, Op::Hit { key: key(number), quota, cost: 1 }, now) {
        Reply::Count(count) => count.within,
        other => panic!("a hit is counted, not {other:?}"),
    }
}

fn model(model: &mut Model, op: Op, now: Timestamp) -> Reply {
    let mut batch = Batch::new(now);
    assert!(batch.push(op));
    reduce(model, &batch)[0]
}

/// A constant limit for each subject, so that its quota never changes; two forms of window and two tiers of sketch.
fn limit_of(number: u32) -> Quota {
    match number % 3 {
        0 => quota(2, Duration::from_secs(10)),
        1 => quota(40, Duration::from_secs(20)),
        _ => quota(3, Duration::from_secs(600)),
    }
}

fn op(clients: u32) -> impl Strategy<Value = Op> {
    let network = (0..clients, prop_oneof![Just(32_u8), Just(30), Just(24)])
        .prop_map(|(number, length)| IpNet::new(address(number), length).unwrap());
    prop_oneof![
        8 => (0..clients, 0_u32..4).prop_map(|(n, cost)| Op::Hit { key: key(n), quota: limit_of(n), cost }),
        3 => (0..clients).prop_map(|n| Op::FindBan(address(n))),
        1 => (network.clone(), 0_u64..60).prop_map(|(target, term)| Op::Ban { target, term: Duration::from_secs(term) }),
        1 => network.prop_map(|target| Op::Unban { target }),
    ]
}

/// Time between ops: mostly forward, sometimes a little back as between workers.
fn steps(clients: u32) -> impl Strategy<Value = Vec<(u64, u64, Op)>> {
    let forward = prop_oneof![6 => 0_u64..500, 2 => 0_u64..9_000, 1 => 0_u64..900_000];
    let behind = prop_oneof![3 => Just(0_u64), 1 => 0_u64..=5_000];
    prop::collection::vec((forward, behind, op(clients)), 1..300)
}

fn small() -> MemoryStore {
    MemoryStore::builder().shards(1).max_windows(64).max_bans(16).build()
}

fn contract() -> Contract<MemoryStore> {
    Contract::new(|| async { MemoryStore::builder().shards(4).build() }).cases(256).small(
        Capacity { counters: 64, bans: 16 },
        || async { small() },
        |store| store.stats().windows,
    )
}

#[track_caller]
fn keeps(law: Law) {
    contract().check(law).unwrap_or_else(|breach| panic!("{breach}"));
}

#[test]
fn with_room_the_store_equals_the_specification() {
    keeps(Law::Specification);
}

#[test]
fn checklist_09_capacity_plus_one_hostile_keys_gain_no_budget() {
    keeps(Law::Capacity);
}

#[test]
fn checklist_11_concurrent_checks_of_one_budget_pass_once() {
    keeps(Law::Concurrency);
}

#[test]
fn checklist_14_a_wrong_clock_neither_frees_nor_bans_for_years() {
    keeps(Law::Clock);
}

#[test]
fn expiry_is_exact_and_cancelled_calls_are_atomic() {
    [Law::Expiry, Law::Cancellation, Law::Deferral, Law::Listing].into_iter().for_each(keeps);
}

#[test]
fn evictions_and_rejections_of_a_full_store_are_counted() {
    let (store, once, now) = (small(), quota(1, MINUTE), at(1_000_000));
    (0..65).for_each(|n| _ = within(&store, n, once, now));
    (0..17).for_each(|n| _ = apply(&store, Op::Ban { target: IpNet::from(address(n)), term: MINUTE }, now));
    let stats = store.stats();
    assert_eq!((stats.windows, stats.sketched, stats.evicted), (64, 1, 0));
    assert_eq!((stats.bans, stats.bans_rejected), (16, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn checklist_09_a_full_store_admits_nothing_the_exact_log_rejects(steps in steps(60)) {
        let store = MemoryStore::builder().shards(1).max_windows(8).max_bans(4).build();
        let (mut truth, mut latest) = (Model::default(), 1_000_000);
        for (forward, behind, op) in steps {
            latest += forward;
            let now = at(latest - behind);
            let seen = apply(&store, op, now);
            if seen == Reply::BanRejected {
                continue;
            }
            match (seen, model(&mut truth, op, now)) {
                (Reply::Count(seen), Reply::Count(exact)) => {
                    prop_assert!(exact.within || !seen.within, "admitted {op:?} at {now}");
                }
                (seen, exact) => prop_assert_eq!(seen, exact, "{:?} at {}", op, now),
            }
            prop_assert!(store.stats().windows <= 8 && store.stats().bans <= 4);
        }
    }
}

#[test]
fn checklist_14_the_system_clock_moves_on_and_never_back() {
    let clock = SystemClock::new();
    let readings: Vec<_> = (0..1_000).map(|_| clock.now()).collect();
    assert!(readings.is_sorted());
    thread::sleep(Duration::from_millis(5));
    assert!(clock.now() > readings[0]);
}

#[test]
fn checklist_15_sharing_a_store_does_not_multiply_the_limit() {
    let store = Arc::new(MemoryStore::new());
    let workers: Vec<_> = (0..16).map(|_| Arc::clone(&store)).collect();
    let passed = workers.iter().flat_map(|store| (0..10).map(|_| within(store, 1, quota(5, MINUTE), at(9))));
    assert_eq!(passed.filter(|within| *within).count(), 5);
}

#[test]
fn the_byte_limit_is_kept_by_the_builder() {
    for limit in [2_000_000, 20_000_000, 200_000_000] {
        let store = MemoryStore::builder().max_bans(1_000).max_bytes(limit).build();
        assert!(
            store.max_bytes() <= limit && store.max_bytes() > limit / 2,
            "{} of {limit}",
            store.max_bytes()
        );
    }
    assert!(MemoryStore::new().max_bytes() < 242_000_000, "{}", MemoryStore::new().max_bytes());
}

#[test]
fn checklist_10_a_flood_stays_within_capacity_and_every_kind_of_key_makes_room() {
    let store = MemoryStore::builder().shards(1).max_windows(64).build();
    let once = quota(1, MINUTE);
    for subject in [Subject::Unknown, Subject::digest(&[]), Subject::digest(&[b""])] {
        let key = Key { scope: Scope::Global, rule: 0, subject };
        apply(&store, Op::Hit { key, quota: once, cost: 1 }, at(0));
    }
    (0..100_000).for_each(|n| _ = within(&store, n, once, at(1)));
    assert_eq!(store.stats().windows, 64);
    // Longer than both epochs of the sketch: every client is new again and uses the room of expired ones.
    (0..64).for_each(|n| assert!(within(&store, 200_000 + n, once, at(300_000))));
    assert_eq!((store.stats().windows, store.stats().evicted), (64, 64));
}
