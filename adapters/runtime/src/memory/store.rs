//! The shards of a store and their locks.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use ipnet::IpNet;
use portcullis_core::time::Timestamp;

use super::fingerprint::Secret;
use super::occupancy::OccupancyWarning;
use super::prefixes::Prefixes;
use super::shard::Shard;
use super::stats::MemoryStats;

/// A [`StateStore`](portcullis_core::StateStore) in memory, bounded in clients and in bytes.
///
/// It starts empty and grows on demand. A window (a client under one limit) takes [`BYTES_PER_WINDOW`](Self::BYTES_PER_WINDOW)
/// bytes. The bounds are 1,048,576 windows and 100,000 bans, together at most 242 MB, unless
/// [`MemoryStoreBuilder`](super::MemoryStoreBuilder) sets others. Memory that has been allocated is kept for later clients.
///
/// At the bound, clients of networks (IPv4 /16 and /24, IPv6 /32 and /48) with many windows are counted in a sketch, where they
/// may be rejected early, never late. Clients of other networks, and exact limits (up to
/// [`EXACT_LIMIT`](portcullis_core::state::window::EXACT_LIMIT)), keep windows of their own.
///
/// Share one store in an [`Arc`](std::sync::Arc), so that all workers count in the same windows.
pub struct MemoryStore {
    pub(super) shards: Box<[PaddedShard]>,
    /// The prefix lengths of bans: a lookup tries no others.
    pub(super) prefixes: Prefixes,
    pub(super) secret: Secret,
    pub(super) warning: OccupancyWarning,
    pub(super) max_bytes: usize,
    pub(super) max_bans: u64,
}

/// A shard on cache lines of its own.
#[repr(align(128))]
pub(super) struct PaddedShard(pub(super) Mutex<Shard>);

impl MemoryStore {
    /// The bytes of one window, its share of the hash table included.
    pub const BYTES_PER_WINDOW: usize = Shard::BYTES_PER_WINDOW;

    /// The maximum number of bytes that this store allocates. The allocator's own overhead is not included.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// A snapshot of the counters, shard by shard: not one instant for all of them.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        let mut sum = MemoryStats::default();
        for index in 0..self.shards.len() {
            sum += self.lock(index).stats();
        }
        sum
    }

    /// Up to `limit` bans in force at `now` with their ends, in no order. For operators: it locks one shard after another,
    /// and requests to that shard wait meanwhile.
    #[must_use]
    pub fn bans(&self, now: Timestamp, limit: usize) -> Vec<(IpNet, Timestamp)> {
        let mut bans = Vec::new();
        for index in 0..self.shards.len() {
            let room = limit - bans.len();
            bans.extend(self.lock(index).bans(now).take(room));
        }
        bans
    }

    /// The locked shard, also after a panic: a shard is consistent between ops, and a limit that is off by one hit is
    /// better than no limit.
    pub(super) fn lock(&self, index: usize) -> MutexGuard<'_, Shard> {
        let mutex = &self.shards[index].0;
        mutex.lock().unwrap_or_else(|poisoned| {
            mutex.clear_poison();
            poisoned.into_inner()
        })
    }
}

impl fmt::Debug for MemoryStore {
    /// Sizes only: no addresses, no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shards = self.shards.len();
        f.debug_struct("MemoryStore").field("shards", &shards).field("max_bytes", &self.max_bytes).finish()
    }
}
