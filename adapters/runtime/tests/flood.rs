//! Floods stay with the networks that they come from, honest crowds fit, and memory grows on demand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{
    Batch, ClientKey, Count, Key, Op, Quota, Reply, Scope, StateStore, StoreResponse, Subject, WindowCapacity,
};
use portcullis_core::time::Timestamp;
use portcullis_runtime::{MemoryStats, MemoryStore};
use proptest::prelude::*;

const MINUTE: u64 = 60_000;
const START: u64 = 1_700_000_000_000;

fn quota(limit: u32, millis: u64) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap(), Duration::from_millis(millis))
}

fn of(address: IpAddr) -> Subject {
    Subject::Client(ClientKey::new(address, 64))
}

fn v4(bits: u32) -> Subject {
    of(IpAddr::V4(Ipv4Addr::from_bits(bits)))
}

/// The client of this number in an IPv6 network: `bits` are the first 64 of its address.
fn v6(bits: u64) -> Subject {
    of(IpAddr::V6(Ipv6Addr::from_bits(u128::from(bits) << 64)))
}

fn batch(rule: u64, subject: Subject, quota: Quota, cost: u32, now: u64) -> Batch {
    let mut batch = Batch::new(Timestamp::from_millis(now));
    assert!(batch.push(Op::Hit { key: Key { scope: Scope::Global, rule, subject }, quota, cost }));
    batch
}

fn count(store: &MemoryStore, batch: &Batch) -> Count {
    match store.apply(batch) {
        StoreResponse::Ready(Ok(replies)) => match replies[0] {
            Reply::Count(count) => count,
            other => panic!("a hit is counted, not {other:?}"),
        },
        other => panic!("a memory store replies at once, not {other:?}"),
    }
}

fn hit(store: &MemoryStore, rule: u64, subject: Subject, quota: Quota, now: u64) -> bool {
    count(store, &batch(rule, subject, quota, 1, now)).within
}

/// Clients of a flood by their number.
type Flood = fn(u32) -> Subject;

/// Floods from few networks, of more clients than the store has windows.
const FLOODS: [(&str, Flood); 7] = [
    ("a /46", |n| v6(0x2a0a_1234_5678_0000 | u64::from(n) & 0x3_ffff)),
    ("a /48, by /64", |n| v6(0x2a0a_1234_5678_0000 | u64::from(n) & 0xffff)),
    ("a /32, by /48", |n| v6(0x2a0a_1234_0000_0000 | u64::from(n & 0xffff) << 16)),
    ("four /32", |n| v6(0x2a0a_1230_0000_0000 | u64::from(n & 3) << 32 | u64::from(n & 0x3_fffc))),
    ("a /16", |n| v4(0x2d21_0000 | n & 0xffff)),
    ("eight /16", |n| v4(0x2d20_0000 | n & 0x7_ffff)),
    ("values of a header", |n| Subject::digest(&[&n.to_be_bytes()])),
];

/// Clients of other networks than every flood, each in a /16 or /32 of its own.
fn stranger(n: u32) -> Subject {
    if n.is_multiple_of(2) {
        v4(0x5000_0007 | n << 16)
    } else {
        v6(0x2600_0000_0001_0002 | u64::from(n) << 32)
    }
}

fn full_store(flood: Flood, log_in: Quota) -> MemoryStore {
    let store = MemoryStore::builder().shards(1).max_windows(32_768).build();
    for n in 0..150_000 {
        hit(&store, 1, flood(n), log_in, START);
    }
    store
}

/// Beside a flood, clients of other networks get the whole of their budgets and nothing more, in every window.
#[test]
fn checklist_48_a_flood_takes_no_budget_from_clients_of_other_networks() {
    let log_in = quota(5, MINUTE);
    for (name, flood) in FLOODS {
        let store = full_store(flood, log_in);
        for minute in 1..4 {
            for n in 0..300_u32 {
                let now = START + minute * (MINUTE + 10_000) + u64::from(n);
                for next in 0..100 {
                    hit(&store, 1, flood(n.wrapping_mul(7_919) + next * 3_001), log_in, now);
                }
                let passed = (0..7).filter(|_| hit(&store, 1, stranger(n), log_in, now)).count();
                assert_eq!(passed, 5, "client {n} beside {name} in minute {minute}");
            }
        }
        let stats = store.stats();
        assert!(stats.windows <= stats.max_windows, "{name}: {stats:?}");
    }
}

/// Clients that were known before a flood keep their hits and their budgets.
#[test]
fn checklist_48_a_flood_neither_renews_nor_uses_the_budget_of_known_clients() {
    let log_in = quota(5, 10 * MINUTE);
    for (name, flood) in FLOODS {
        let store = MemoryStore::builder().shards(1).max_windows(32_768).build();
        for n in 0..3_000 {
            (0..3).for_each(|_| assert!(hit(&store, 1, stranger(n), log_in, START)));
        }
        for n in 0..150_000 {
            hit(&store, 1, flood(n), log_in, START + MINUTE);
        }
        for n in 0..3_000 {
            let passed = (0..3).filter(|_| hit(&store, 1, stranger(n), log_in, START + 2 * MINUTE)).count();
            assert_eq!(passed, 2, "client {n} after {name}");
        }
        let stats = store.stats();
        let is_counted = stats.sketched > 0 || stats.windows < stats.max_windows;
        assert!(is_counted, "{name}: a flood beyond the capacity is counted in sketches: {stats:?}");
    }
}

/// The neighbours of a flood, in the same provider's /32 but another /48, have their budgets where the provider has fewer
/// windows there than the flood.
#[test]
fn a_flood_from_one_site_takes_no_budget_from_other_sites_of_its_provider() {
    let log_in = quota(5, MINUTE);
    let store = full_store(|n| v6(0x2a0a_1234_5678_0000 | u64::from(n) & 0xffff), log_in);
    for n in 0..200_u32 {
        let neighbour = v6(0x2a0a_1234_0001_0000 + (u64::from(n) << 16));
        let passed = (0..7).filter(|_| hit(&store, 1, neighbour, log_in, START + 1)).count();
        assert_eq!(passed, 5, "client {n}");
    }
}

/// Exact limits have windows first: a crowd under a lax limit twice as large as the store refuses no first log-in.
#[test]
fn windows_of_exact_limits_come_before_those_of_lax_limits() {
    let store = MemoryStore::builder().shards(1).max_windows(32_768).build();
    let crowd = |n: u32| v4(n.wrapping_mul(0x9e37_79b1));
    for n in 0..65_536 {
        assert!(hit(&store, 1, crowd(n), quota(100, MINUTE), START + u64::from(n) / 10), "client {n}");
    }
    for n in 0..8_000 {
        assert!(hit(&store, 2, crowd(n * 8), quota(1, MINUTE), START + 7_000), "first log-in {n}");
        assert!(!hit(&store, 2, crowd(n * 8), quota(1, MINUTE), START + 7_001), "second log-in {n}");
    }
}

#[test]
fn memory_grows_with_the_clients_and_expired_windows_are_used_again() {
    let store = MemoryStore::new();
    assert!(store.stats().bytes < 64 * 1024, "{:?}", store.stats());
    // 400,000 clients, of whom 20,000 have windows in force at any time.
    for n in 0..400_000_u32 {
        assert!(hit(&store, 1, v4(n.wrapping_mul(0x9e37_79b1)), quota(10, 1_000), START + u64::from(n) / 2));
    }
    let stats = store.stats();
    assert!(stats.evicted > 300_000 && stats.bytes < 10_000_000, "{stats:?}");
    assert_eq!((stats.moved, stats.sketched), (0, 0));
}

#[test]
fn a_million_clients_fit_and_memory_stays_within_the_bound() {
    let store = Arc::new(MemoryStore::new());
    let threads: Vec<_> = (0..4_u32)
        .map(|thread| {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                let clients = thread * 250_000..(thread + 1) * 250_000;
                clients
                    .filter(|n| !hit(&store, 1, v4(n.wrapping_mul(0x9e37_79b1)), quota(1, MINUTE), START))
                    .count()
            })
        })
        .collect();
    let refused: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    let stats = store.stats();
    assert_eq!((refused, stats.windows, stats.moved, stats.sketched), (0, 1_000_000, 0, 0));
    assert!(stats.bytes <= store.max_bytes() as u64, "{stats:?}");
    assert!(store.max_bytes() < 242_000_000, "{}", store.max_bytes());
}

/// Two networks with many clients, and clients alone in their networks.
fn mixed(number: u32) -> Subject {
    match number % 4 {
        0 => v4(0x0a00_0000 + number),
        1 => v6(0x2001_0db8_0000_0000 + u64::from(number)),
        _ => v4(number << 20 | 1),
    }
}

fn mixed_quota(number: u32) -> Quota {
    match number % 3 {
        0 => quota(2, 10_000),
        1 => quota(40, 20_000),
        _ => quota(3, 600_000),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// However windows move between the table and the sketches, no client passes more often than with a log of every hit.
    #[test]
    fn checklist_09_windows_that_move_give_no_budget(
        steps in prop::collection::vec((0_u64..3_000, prop_oneof![3 => Just(0_u64), 1 => 0_u64..=5_000], 0_u32..60, 0_u32..4), 1..400),
    ) {
        let store = MemoryStore::builder().shards(1).max_windows(8).build();
        let (mut truth, mut latest) = (Model::default(), 1_000_000);
        for (forward, behind, number, cost) in steps {
            latest += forward;
            let batch = batch(1, mixed(number), mixed_quota(number), cost, latest - behind);
            let seen = count(&store, &batch);
            let Reply::Count(exact) = reduce(&mut truth, &batch)[0] else { panic!("a hit is counted") };
            prop_assert!(exact.within || !seen.within, "admitted {number} at {latest} - {behind}");
            prop_assert!(seen.used >= exact.used.min(exact.limit + 1), "{seen:?} for {exact:?}");
            prop_assert!(store.stats().windows <= 8);
        }
    }
}

/// Counts the warnings of stores.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "portcullis" && *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::Id) {}
    fn exit(&self, _: &tracing::Id) {}
}

#[test]
fn a_store_warns_from_80_percent_on_at_most_every_ten_minutes() {
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        let store = MemoryStore::builder().shards(1).max_windows(1_000).build();
        let crowd = |clients: std::ops::Range<u32>, now| {
            clients.for_each(|n| _ = hit(&store, 1, v4(n << 12), quota(10, 60 * MINUTE), now));
            warnings.0.load(Ordering::Relaxed)
        };
        assert_eq!(crowd(0..800, START), 0, "up to 80 %");
        assert_eq!(store.window_capacity(), Some(WindowCapacity { used: 800, max: 1_000 }));
        assert_eq!(crowd(800..2_000, START + 1), 1, "once");
        assert_eq!(crowd(2_000..3_000, START + 9 * MINUTE), 1, "not again");
        assert_eq!(crowd(3_000..3_100, START + 10 * MINUTE + 1), 2, "again after ten minutes");
        assert_eq!(crowd(0..3_100, START - 60 * MINUTE), 3, "a clock that steps back suppresses no warning");
        assert_eq!(crowd(0..800, START + 1_000 * MINUTE), 3, "no warning about expired windows");
    });
}

/// First log-ins of honest clients that are rejected, of 10,000, beside this many clients with windows in force.
fn rejected_log_ins(clients: u32, of_crowd: Quota) -> (u32, u32, MemoryStats) {
    let store = MemoryStore::new();
    let spread = |n: u32| v4(n.wrapping_mul(0x9e37_79b1));
    // All within half of a minute.
    let now = |n: u32| START + u64::from(n) * 30_000 / u64::from(clients);
    let rejected = |rule, n, quota, now| u32::from(!hit(&store, rule, spread(n), quota, now));
    let of_crowd: u32 = (0..clients).map(|n| rejected(1, n, of_crowd, now(n))).sum();
    let first = (0..10_000).map(|n| rejected(2, clients - 1 - n, quota(10, MINUTE), START + 30_000)).sum();
    (of_crowd, first, store.stats())
}

/// `cargo test --release -p portcullis-runtime --test flood -- --ignored --nocapture crowds`
#[test]
#[ignore = "a minute in a release build"]
fn crowds_of_honest_clients_are_admitted_up_to_the_bound() {
    println!(
        "{:>10} {:>9} {:>10} {:>16} {:>10} {:>10} {:>10} {:>12}",
        "clients", "limit", "rejected", "log-ins rejected", "windows", "moved", "sketched", "bytes"
    );
    for clients in [90_000, 120_000, 200_000, 500_000, 1_000_000, 1_200_000, 1_500_000, 2_000_000] {
        for limit in [100, 10, 1] {
            let (crowd, first, stats) = rejected_log_ins(clients, quota(limit, MINUTE));
            println!(
                "{clients:>10} {limit:>9} {crowd:>10} {first:>16} {:>10} {:>10} {:>10} {:>12}",
                stats.windows, stats.moved, stats.sketched, stats.bytes
            );
            // 10,000 windows for the log-ins.
            let fits = u64::from(clients) + 10_000 <= stats.max_windows;
            assert!(!fits || crowd + first == 0, "{clients} clients at {limit} a minute");
        }
    }
}
