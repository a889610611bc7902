//! Tests of the internals: shards, slots, the sketch and the prefix counters.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::{ClientKey, Key, Quota, Scope, StateBackend, Subject};
use portcullis_core::time::Timestamp;
use proptest::prelude::*;

use super::networks::Networks;
use super::session::Session;
use super::sketch::{Identity, Sketch};
use super::table::Table;
use super::{MemoryStore, SKEW};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn quota(limit: u32, millis: u64) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap(), Duration::from_millis(millis))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A key of the sketch, of one network.
fn key(name: [u64; 2]) -> Identity {
    Identity { name, networks: Networks { narrow: 1, wide: 2 } }
}

proptest! {
    /// A table against a list, with hashes that collide as often as they can.
    #[test]
    fn a_table_is_a_bounded_map(
        capacity in 1_usize..150,
        steps in prop::collection::vec((0_u8..4, 0_u32..200), 1..400),
    ) {
        let mut table = Table::<u32, u32>::new(capacity);
        let mut list: Vec<(u32, u32)> = Vec::new();
        for (step, key) in steps {
            let hash = u64::from(key % 7);
            let place = list.iter().position(|(known, _)| *known == key);
            match step {
                0 | 1 if place.is_none() => {
                    prop_assert_eq!(table.insert(hash, key, key + 1).is_some(), list.len() < capacity);
                    if list.len() < capacity {
                        list.push((key, key + 1));
                    }
                }
                2 => {
                    prop_assert_eq!(table.remove(hash, &key), place.is_some());
                    list.retain(|(known, _)| *known != key);
                }
                3 => {
                    table.sweep(5, |seen, _| {
                        let over = seen % 3 == 0;
                        if over {
                            list.retain(|(known, _)| known != seen);
                        }
                        over
                    });
                }
                _ => prop_assert_eq!(table.find(hash, &key).copied(), place.map(|place| list[place].1)),
            }
            prop_assert_eq!(table.len(), list.len());
            prop_assert_eq!(table.iter().count(), list.len());
        }
    }

    /// Every hit stays counted for its whole window, whatever other keys share its cells and however time advances.
    #[test]
    fn a_sketch_never_under_counts(
        hits in prop::collection::vec((0_u64..6, 0_u64..4_000, 1_u32..5, 1_u64..9_000), 1..200),
    ) {
        let mut sketch = Sketch::new(1);
        let mut log: Vec<(u64, u64, u32)> = Vec::new();
        let mut now = 1_000_000;
        for (name, passed, cost, window) in hits {
            now += passed;
            let key = key([name << 32 | name << 6, name << 33 | name]);
            log.push((name, now, cost));
            let count = sketch.hit(key, quota(10, window), cost, at(now));
            let live = log.iter().filter(|(of, then, _)| *of == name && then + window > now);
            // A window longer than all before it starts from what is counted: check only the guaranteed range.
            let remembered = SKEW.as_millis() as u64;
            let sure: u32 = live.filter(|(_, then, _)| then + remembered > now).map(|(_, _, cost)| cost).sum();
            prop_assert!(count.used >= sure, "{} hits counted of {}", count.used, sure);
            prop_assert!(count.retry_at <= at(now + 2 * (9_000 + remembered)), "the limit ends");
        }
    }
}

#[test]
fn a_sketch_expires_after_two_epochs_and_retry_at_is_correct() {
    let mut sketch = Sketch::new(1);
    let key = key([7 << 40, 9 << 40]);
    let quota = quota(3, 60_000);
    for _ in 0..3 {
        assert!(sketch.hit(key, quota, 1, at(1_000)).within);
    }
    let rejected = sketch.hit(key, quota, 1, at(2_000));
    assert!(!rejected.within);
    let retry = rejected.retry_at.as_millis();
    assert!(!sketch.hit(key, quota, 0, at(retry - 1)).retry_at.eq(&at(retry - 1)), "not before");
    assert!(sketch.used(key, at(retry)) == 0);
    assert!(sketch.hit(key, quota, 1, at(retry)).within, "and then at once");
}

#[test]
fn checklist_14_a_sketch_survives_a_clock_that_steps_back() {
    let mut sketch = Sketch::new(1);
    let key = key([7 << 40, 9 << 40]);
    let quota = quota(1, 60_000);
    sketch.hit(key, quota, 1, at(1_000_000_000_000));
    assert!(!sketch.hit(key, quota, 1, at(5_000)).within, "no budget from a step back");
    let longest = 5_000 + 3 * (60_000 + SKEW.as_millis() as u64);
    assert!(sketch.hit(key, quota, 1, at(longest)).within, "and no endless rejection");
}

#[test]
fn the_ban_of_a_client_is_in_the_shard_of_its_counters() {
    let store = MemoryStore::new();
    for address in ["192.0.2.7", "2001:db8:1:2:3::4"] {
        let client = ClientKey::new(ip(address), 64);
        let now = at(1_000);
        Session::new(&store).ban(client.network(), Duration::from_secs(60), now);
        Session::new(&store).hit(
            &Key::new(Scope::Global, "all", Subject::Client(client)),
            quota(1, 1_000),
            1,
            now,
        );
        let of_ban = (0..16).find(|index| store.lock(*index).stats().bans > 0);
        let of_window = (0..16).find(|index| store.lock(*index).stats().windows > 0);
        assert_eq!(of_ban, of_window);
        Session::new(&store).unban(client.network());
        break_even(&store, now);
    }
}

/// No ban and no prefix length is left; then the shards are emptied.
fn break_even(store: &MemoryStore, now: Timestamp) {
    assert_eq!(store.bans(now, 10), []);
    assert_eq!(store.prefixes.around(ip("192.0.2.7")).count(), 0);
    assert_eq!(store.prefixes.around(ip("2001:db8::1")).count(), 0);
    for index in 0..store.shards.len() {
        *store.lock(index) = super::shard::Shard::new(1, 1);
    }
}

#[test]
fn look_ups_try_only_lengths_that_some_ban_has() {
    let store = MemoryStore::new();
    let networks = ["192.0.2.0/24", "192.0.2.7/32", "0.0.0.0/0", "2001:db8::/48", "2001:db8::1/128", "::/0"];
    for network in networks {
        let network: IpNet = network.parse().unwrap();
        Session::new(&store).ban(network, Duration::from_secs(1), at(0));
        Session::new(&store).ban(network, Duration::from_secs(2), at(0));
    }
    let v4: Vec<_> = store.prefixes.around(ip("198.51.100.1")).map(|network| network.prefix_len()).collect();
    let v6: Vec<_> = store.prefixes.around(ip("2001:db8::9")).map(|network| network.prefix_len()).collect();
    assert_eq!((v4, v6), (vec![0, 24, 32], vec![0, 48, 128]));
    let over = at(2_000).after(SKEW);
    for address in ["192.0.2.7", "2001:db8::1"] {
        assert_eq!(Session::new(&store).banned(ip(address), over), None);
        assert_eq!(store.prefixes.around(ip(address)).count(), 0, "ended bans take their length with them");
    }
}

#[test]
fn a_shard_goes_on_after_a_panic() {
    let store = Arc::new(MemoryStore::builder().shards(1).build());
    let key = Key::new(Scope::Global, "all", Subject::Unknown);
    Session::new(&store).hit(&key, quota(1, 1_000), 1, at(0));
    let broken = Arc::clone(&store);
    let panicked = std::thread::spawn(move || {
        let _held = broken.lock(0);
        panic!("with the lock held");
    });
    assert!(panicked.join().is_err());
    assert!(store.shards[0].0.is_poisoned());
    assert!(!Session::new(&store).hit(&key, quota(1, 1_000), 1, at(1)).within, "the limit still holds");
    assert!(!store.shards[0].0.is_poisoned());
}

#[test]
fn two_stores_hash_differently() {
    let [a, b] = [MemoryStore::new(), MemoryStore::new()];
    let shard_of = |store: &MemoryStore, rule: &str| {
        let subject = Subject::digest(&[rule.as_bytes()]);
        Session::new(store).hit(&Key::new(Scope::Global, rule, subject), quota(1, 1_000), 1, at(0));
        let found = (0..16).find(|index| store.lock(*index).stats().windows > 0);
        (0..16).for_each(|index| *store.lock(index) = super::shard::Shard::new(1, 1));
        found
    };
    let differ = (0..64).any(|n| shard_of(&a, &n.to_string()) != shard_of(&b, &n.to_string()));
    assert!(differ, "a fixed seed lets an attacker choose keys that collide");
}
