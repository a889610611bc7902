//! One batch: the shard of each op, and the one lock that is held.
//!
//! The subject determines the shard, so the ops of one client, and its ban, usually share one and the lock is taken once.
//! When the next op belongs to another shard, the lock is released first: two locks are never held, so no lock order is
//! needed.
//!
//! A strike whose ban belongs to another shard than its counter is therefore two steps. The first decides under the lock of
//! the counter whether the threshold is reached, so concurrent strikes cannot miss it; points that arrive between the ban
//! and the reset of the counter are removed with the others, which only affects a client that is banned.

use std::net::IpAddr;
use std::sync::MutexGuard;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::{ClientKey, Count, Key, Quota, Scope, StateBackend, Subject};
use portcullis_core::time::Timestamp;

use super::fingerprint::Fingerprint;
use super::networks::Networks;
use super::shard::{BanInsertion, BanLookup, Shard};
use super::store::MemoryStore;

/// A batch at work on a store.
pub(super) struct Session<'s> {
    store: &'s MemoryStore,
    locked: Option<(usize, MutexGuard<'s, Shard>)>,
    is_crowded: bool,
}

impl<'s> Session<'s> {
    pub(super) const fn new(store: &'s MemoryStore) -> Self {
        Self { store, locked: None, is_crowded: false }
    }

    /// Release the lock. Returns whether a new client came to a shard that was at least 80 % full.
    pub(super) fn end(self) -> bool {
        self.is_crowded
    }

    /// The locked shard for this hash. Tables and sketches use other bits.
    fn shard(&mut self, [_, hash]: Fingerprint) -> &mut Shard {
        let store = self.store;
        let index = (hash >> 48) as usize & (store.shards.len() - 1);
        if self.locked.as_ref().is_some_and(|(locked, _)| *locked != index) {
            self.locked = None;
        }
        &mut self.locked.get_or_insert_with(|| (index, store.lock(index))).1
    }

    /// The shard of a counter and the counter's name in it. Rule and scope are not hashed again: the configuration chooses
    /// them, and rules are hashes already.
    fn counter(&mut self, key: &Key) -> (&mut Shard, Fingerprint) {
        let home = self.store.secret.fingerprint(&subject_of(&key.to_bytes()));
        let name = [home[0] ^ key.rule, home[1] ^ key.rule.rotate_left(32) ^ key.scope as u64];
        (self.shard(home), name)
    }

    /// The shard of a network's ban, which has its client's counters, and the hash of the network.
    fn network(&mut self, network: IpNet) -> (&mut Shard, u64) {
        let home = self.store.secret.fingerprint(&network_bytes(network));
        (self.shard(home), home[0])
    }
}

/// The part of a key's canonical form that identifies the subject.
fn subject_of(key: &[u8; 32]) -> [u8; 18] {
    let mut subject = [0; 18];
    subject[..2].copy_from_slice(&key[1..3]);
    subject[2..].copy_from_slice(&key[16..]);
    subject
}

/// The canonical form of a network: that of the client, where a network is a client.
fn network_bytes(network: IpNet) -> [u8; 18] {
    let client = ClientKey::new(network.addr(), network.prefix_len());
    let key = Key { scope: Scope::Global, rule: 0, subject: Subject::Client(client) };
    let mut bytes = subject_of(&key.to_bytes());
    if client.network() != network {
        // An IPv4 network wider than one address, or IPv4 written as IPv6, is not a client.
        bytes[0] = if network.addr().is_ipv4() { 0x81 } else { 0x82 };
        bytes[1] = network.prefix_len();
    }
    bytes
}

impl StateBackend for Session<'_> {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let secret = &self.store.secret;
        let (shard, name) = self.counter(key);
        let count = shard.hit(name, quota, cost, now, || Networks::of(secret, key));
        let is_crowded = shard.take_crowded();
        self.is_crowded |= is_crowded;
        count
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
        // Counted before it is stored, so that no lookup can miss it.
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
