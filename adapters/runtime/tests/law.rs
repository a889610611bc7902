//! The law of the store: bounded memory buys nobody budget and frees nobody.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{
    Answer, Batch, ClientKey, Consequence, Key, Op, Quota, Reply, Scope, StateStore, Subject,
};
use portcullis_core::time::{Clock, Timestamp};
use portcullis_runtime::{ManualClock, MemoryStore, SystemClock};
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
        Answer::Ready(Ok(replies)) => replies[0],
        other => panic!("a memory store answers at once, not {other:?}"),
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

/// A limit of each subject, so that a quota never changes; two forms of window and two tiers of sketch.
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
        3 => (0..clients).prop_map(|n| Op::Banned(address(n))),
        1 => (network.clone(), 0_u64..60).prop_map(|(target, term)| Op::Ban { target, term: Duration::from_secs(term) }),
        1 => network.prop_map(|target| Op::Pardon { target }),
    ]
}

/// Time between ops: mostly forward, sometimes a little back as between workers.
fn steps(clients: u32) -> impl Strategy<Value = Vec<(u64, u64, Op)>> {
    let forward = prop_oneof![6 => 0_u64..500, 2 => 0_u64..9_000, 1 => 0_u64..900_000];
    let behind = prop_oneof![3 => Just(0_u64), 1 => 0_u64..=5_000];
    prop::collection::vec((forward, behind, op(clients)), 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn checklist_09_a_full_store_admits_nothing_the_exact_log_refuses(steps in steps(60)) {
        let store = MemoryStore::builder().shards(1).max_windows(8).max_bans(4).build();
        let (mut truth, mut latest) = (Model::default(), 1_000_000);
        for (forward, behind, op) in steps {
            latest += forward;
            let now = at(latest - behind);
            let seen = apply(&store, op, now);
            if seen == Reply::BanRefused {
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

    #[test]
    fn with_room_the_store_equals_the_specification(steps in steps(12)) {
        let store = MemoryStore::builder().shards(4).build();
        let (mut truth, mut latest) = (Model::default(), 1_000_000);
        for (forward, behind, op) in steps {
            latest += forward;
            let now = at(latest - behind);
            let op = match op {
                Op::Hit { key, cost: 3, .. } => {
                    let target = IpNet::new(address(1), 32).unwrap();
                    let then = Consequence::Ban(target, MINUTE);
                    Op::Strike { key, quota: quota(7, MINUTE), points: 2, then }
                }
                Op::Hit { key, cost: 2, .. } => {
                    let then = Consequence::Hold(Key { scope: Scope::Hold, ..key }, 10 * MINUTE);
                    let key = Key { scope: Scope::Behaviour, ..key };
                    Op::Strike { key, quota: quota(5, MINUTE), points: 1, then }
                }
                Op::Hit { key, cost, .. } => Op::Hit { key, quota: quota(7, MINUTE), cost },
                op => op,
            };
            match (apply(&store, op, now), model(&mut truth, op, now)) {
                (Reply::Count(seen), Reply::Count(exact)) => {
                    prop_assert_eq!(seen.within, exact.within);
                    prop_assert_eq!(seen.used.min(8), exact.used.min(8));
                    prop_assert_eq!((seen.retry_at, seen.reset_at), (exact.retry_at, exact.reset_at));
                }
                (seen, exact) => prop_assert_eq!(seen, exact, "{:?} at {}", op, now),
            }
        }
        prop_assert_eq!(store.stats().sketched, 0);
    }
}

#[test]
fn checklist_09_capacity_plus_one_hostile_keys_gain_no_budget() {
    let store = MemoryStore::builder().shards(1).max_windows(8).max_bans(2).build();
    let (once, now) = (quota(1, MINUTE), at(1_000_000));
    let ban = |n| Op::Ban { target: IpNet::from(address(n)), term: MINUTE };
    assert!(matches!(apply(&store, ban(900), now), Reply::Banned(_)));
    assert!(matches!(apply(&store, ban(901), now), Reply::Banned(_)));
    assert!((0..8).all(|n| within(&store, n, once, now)));
    (100..1_100).for_each(|n| _ = within(&store, n, once, now));
    assert!((0..8).chain(100..1_100).all(|n| !within(&store, n, once, now)), "nobody is served twice");
    assert_eq!(apply(&store, ban(902), now), Reply::BanRefused);
    assert_eq!(apply(&store, Op::Banned(address(900)), now), Reply::Banned(now.after(MINUTE)));
    assert_eq!(store.stats().bans_refused, 1);
    assert_eq!(store.stats().evicted, 0);
    let later = now.after(3 * MINUTE);
    assert!(within(&store, 0, once, later) && within(&store, 5_000, once, later), "and it passes");
    assert!(matches!(apply(&store, ban(902), later), Reply::Banned(_)), "ended bans make room");
}

#[test]
fn checklist_11_concurrent_checks_of_one_budget_pass_once() {
    let store = Arc::new(MemoryStore::new());
    for round in 0..50 {
        let start = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (store, start) = (Arc::clone(&store), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    within(&store, round, quota(1, MINUTE), at(1_000))
                })
            })
            .collect();
        let passed = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(passed.filter(|within| *within).count(), 1);
    }
}

#[test]
fn checklist_11_concurrent_strikes_do_not_miss_the_threshold() {
    let store = Arc::new(MemoryStore::new());
    for round in 0..50 {
        // A ban in the counter's own shard, and one that is most likely elsewhere.
        let target = IpNet::from(address(if round % 2 == 0 { round } else { 10_000 + round }));
        let then = Consequence::Ban(target, MINUTE);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                let strike = Op::Strike { key: key(round), quota: quota(8, MINUTE), points: 1, then };
                thread::spawn(move || apply(&store, strike, at(1_000)))
            })
            .collect();
        let replies: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(replies.iter().filter(|reply| matches!(reply, Reply::Banned(_))).count(), 1);
        assert!(matches!(apply(&store, Op::Banned(target.addr()), at(1_000)), Reply::Banned(_)));
    }
}

#[test]
fn checklist_14_a_wrong_clock_neither_frees_nor_bans_for_years() {
    let (store, clock) = (MemoryStore::new(), ManualClock::new(at(1_000_000)));
    let once = quota(1, MINUTE);
    clock.advance(Duration::from_secs(365 * 24 * 3600));
    assert!(within(&store, 1, once, clock.now()));
    apply(&store, Op::Ban { target: IpNet::from(address(1)), term: MINUTE }, clock.now());
    clock.set(at(1_000_000));
    assert!(!within(&store, 1, once, clock.now()));
    let until = clock.now().after(MINUTE);
    assert_eq!(apply(&store, Op::Banned(address(1)), clock.now()), Reply::Banned(until));
    clock.advance(MINUTE);
    assert!(within(&store, 1, once, clock.now()));
    assert_eq!(apply(&store, Op::Banned(address(1)), clock.now()), Reply::Clear);
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
    assert!(MemoryStore::new().max_bytes() < 29_000_000, "{}", MemoryStore::new().max_bytes());
}

#[test]
fn bans_are_listed_with_their_ends() {
    let store = MemoryStore::new();
    for n in 0..5 {
        apply(&store, Op::Ban { target: IpNet::from(address(n)), term: MINUTE }, at(u64::from(n)));
    }
    assert_eq!(store.bans(at(10), 100).len(), 5);
    assert_eq!(store.bans(at(10), 3).len(), 3);
    assert!(store.bans(at(10), 100).contains(&(IpNet::from(address(2)), at(60_002))));
    assert_eq!(store.bans(at(60_002), 100).len(), 2);
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
    // Longer than both epochs of the sketch: everybody is new again and finds the room of those who left.
    (0..64).for_each(|n| assert!(within(&store, 200_000 + n, once, at(300_000))));
    assert_eq!((store.stats().windows, store.stats().evicted), (64, 64));
}
