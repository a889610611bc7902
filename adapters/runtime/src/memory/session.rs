//! One batch at work: which shard each op meets, and the one lock it holds.
//!
//! A shard is chosen by the subject, so the ops of one client, and its ban, usually meet the same one and the lock is
//! taken once. When the next op belongs elsewhere, the lock is given back first: no two are ever held, so no order of
//! locks has to be kept.
//!
//! A strike whose ban belongs to another shard than its counter is therefore two steps. Whether the threshold was reached
//! is decided in the first, under the lock of the counter, so concurrent strikes cannot miss it; points that arrive
//! between ban and forgetting are forgotten with the others, which only ever happens to a client that is banned.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::MutexGuard;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::{ClientKey, Count, Key, Quota, Scope, StateBackend, Subject};
use portcullis_core::time::Timestamp;
use siphasher::sip128::SipHasher13;

use super::MemoryStore;
use super::shard::{BanInsertion, BanLookup, Shard};

/// The random numbers of this process that keys are hashed with.
pub(super) struct Secret(SipHasher13);

/// 128 bits of keyed hash. Long enough to stand for what was hashed: should two keys ever meet, they share a counter and
/// are refused early.
pub(super) type Fingerprint = [u64; 2];

impl Secret {
    pub(super) fn random() -> Self {
        // Seeded by the operating system, through the standard library.
        let random = RandomState::new();
        Self(SipHasher13::new_with_keys(random.hash_one(0_u8), random.hash_one(1_u8)))
    }

    fn fingerprint(&self, bytes: &[u8]) -> Fingerprint {
        let hash = self.0.hash(bytes);
        [hash.h1, hash.h2]
    }
}

pub(super) struct Session<'s> {
    store: &'s MemoryStore,
    held: Option<(usize, MutexGuard<'s, Shard>)>,
}

impl<'s> Session<'s> {
    pub(super) const fn new(store: &'s MemoryStore) -> Self {
        Self { store, held: None }
    }

    /// The shard of whatever has this hash, locked. Tables and sketches go by other bits.
    fn shard(&mut self, [_, hash]: Fingerprint) -> &mut Shard {
        let store = self.store;
        let index = (hash >> 48) as usize & (store.shards.len() - 1);
        if self.held.as_ref().is_some_and(|(held, _)| *held != index) {
            self.held = None;
        }
        &mut self.held.get_or_insert_with(|| (index, store.lock(index))).1
    }

    /// The shard of a counter and the name the counter has in it. Rule and scope need no hash of their own: the configuration
    /// chooses them, and rules are hashes already.
    fn counter(&mut self, key: &Key) -> (&mut Shard, Fingerprint) {
        let home = self.store.secret.fingerprint(&subject_of(&key.to_bytes()));
        let name = [home[0] ^ key.rule, home[1] ^ key.rule.rotate_left(32) ^ key.scope as u64];
        (self.shard(home), name)
    }

    /// The shard of a network's ban, the one its client's counters are in, and the hash of the network.
    fn network(&mut self, network: IpNet) -> (&mut Shard, u64) {
        let home = self.store.secret.fingerprint(&network_bytes(network));
        (self.shard(home), home[0])
    }
}

/// The part of a key's canonical form that names the subject.
fn subject_of(key: &[u8; 32]) -> [u8; 18] {
    let mut subject = [0; 18];
    subject[..2].copy_from_slice(&key[1..3]);
    subject[2..].copy_from_slice(&key[16..]);
    subject
}

/// The canonical form of a network: that of the client, where a network is one.
fn network_bytes(network: IpNet) -> [u8; 18] {
    let client = ClientKey::new(network.addr(), network.prefix_len());
    let key = Key { scope: Scope::Global, rule: 0, subject: Subject::Client(client) };
    let mut bytes = subject_of(&key.to_bytes());
    if client.network() != network {
        // An IPv4 network wider than one address, or IPv4 written as IPv6, is no client.
        bytes[0] = if network.addr().is_ipv4() { 0x81 } else { 0x82 };
        bytes[1] = network.prefix_len();
    }
    bytes
}

impl StateBackend for Session<'_> {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let (shard, name) = self.counter(key);
        shard.hit(name, quota, cost, now)
    }

    fn forget(&mut self, key: &Key) {
        let (shard, name) = self.counter(key);
        shard.forget(name);
    }

    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let store = self.store;
        let mut latest = None;
        for network in store.prefixes.around(address) {
            let (shard, hash) = self.network(network);
            match shard.banned(hash, network, now) {
                BanLookup::Nothing => {}
                BanLookup::Until(until) => latest = latest.max(Some(until)),
                BanLookup::Expired => store.prefixes.remove(network),
            }
        }
        latest
    }

    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        let (store, target) = (self.store, target.trunc());
        // Announced before it is stored, so that no look-up can pass it by.
        store.prefixes.add(target);
        let (shard, hash) = self.network(target);
        shard.sweep_bans(now, |network| store.prefixes.remove(network));
        let (until, outcome) = shard.ban(hash, target, term, now);
        if outcome != BanInsertion::Stored {
            store.prefixes.remove(target);
        }
        until
    }

    fn unban(&mut self, target: IpNet) {
        let (store, target) = (self.store, target.trunc());
        let (shard, hash) = self.network(target);
        if shard.unban(hash, target) {
            store.prefixes.remove(target);
        }
    }
}
