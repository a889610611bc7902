//! Counters and bans inside the process, in bounded memory.
//!
//! [`MemoryStore`] runs the specification, [`reduce`], over shards behind a lock each. What it decides is what happens
//! when there are more clients than room, and the rule is that no flood of keys may help anyone:
//!
//! - A window is forgotten only when it equals a fresh one, so forgetting gives nobody budget.
//! - When no such window is found, the newcomer is counted in a sketch shared with other newcomers: it may
//!   be refused early, never late. It stays there for as long as the sketch remembers anything of it.
//! - Bans have room of their own. When that is used up a new ban is refused and counted; those in force stay.
//!
//! Every op does a bounded amount of work under one lock, whatever the number of clients, and a request of a known
//! client allocates nothing. Keys are hashed with a secret of the process, so nobody can choose keys that collide.
//!
//! The store has no clock: it believes the instant of each batch, give or take [`SKEW`], by which it forgets later than
//! it could. A clock that jumps ahead by hours and comes back has the store forget, if it runs out of room meanwhile,
//! what was over by that clock; [`SystemClock`](crate::SystemClock) never steps.

mod builder;
mod prefixes;
mod session;
mod shard;
mod sketch;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{BanCapacity, Batch, Listing, StateStore, StoreResponse};
use portcullis_core::time::Timestamp;

pub use self::builder::MemoryStoreBuilder;
use self::prefixes::Prefixes;
use self::session::{Secret, Session};
use self::shard::Shard;

/// How far the instants of concurrent batches may lie apart without anything being forgotten early.
pub const SKEW: Duration = Duration::from_secs(5);

/// A [`StateStore`] in memory, bounded in clients and in bytes.
///
/// One store is meant to be shared: put it in an [`Arc`](std::sync::Arc) and every worker counts on the same windows.
pub struct MemoryStore {
    shards: Box<[Padded]>,
    /// Which prefix lengths any ban has, so that a look-up tries no others.
    prefixes: Prefixes,
    secret: Secret,
    max_bytes: usize,
    max_bans: u64,
}

/// A shard on cache lines of its own.
#[repr(align(128))]
struct Padded(Mutex<Shard>);

/// What a [`MemoryStore`] holds and what it had to do to stay within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStats {
    /// Windows held, fresh ones that were not yet forgotten included.
    pub windows: u64,
    /// Windows forgotten to make room; each equalled a fresh one.
    pub evicted: u64,
    /// Hits counted in a sketch because there was no room. Rising means a flood, or `max_windows` is too small.
    pub sketched: u64,
    /// Bans held, ended ones that were not yet forgotten included.
    pub bans: u64,
    /// Bans refused because the budget for bans was used up.
    pub bans_refused: u64,
}

impl MemoryStore {
    /// A store for 100,000 clients and 100,000 bans in 16 shards. It grows to at most 29 MB, exactly
    /// [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A store of another size.
    #[must_use]
    pub fn builder() -> MemoryStoreBuilder {
        MemoryStoreBuilder::default()
    }

    /// The most bytes this store will ever ask the allocator for. The allocator's own overhead is not included.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// A snapshot of the counters, shard by shard: not one instant for all of them.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        let mut sum = MemoryStats::default();
        for index in 0..self.shards.len() {
            let shard = self.lock(index).stats();
            sum.windows += shard.windows;
            sum.evicted += shard.evicted;
            sum.sketched += shard.sketched;
            sum.bans += shard.bans;
            sum.bans_refused += shard.bans_refused;
        }
        sum
    }

    /// Up to `limit` bans in force at `now` and when each ends, in no order. For operators: it goes through every shard
    /// and holds up the requests that meet the same shard meanwhile.
    #[must_use]
    pub fn bans(&self, now: Timestamp, limit: usize) -> Vec<(IpNet, Timestamp)> {
        let mut bans = Vec::new();
        for index in 0..self.shards.len() {
            let room = limit - bans.len();
            bans.extend(self.lock(index).bans(now).take(room));
        }
        bans
    }

    /// The shard, also after a thread panicked with it: a shard is consistent between ops, and a limit that is off by one
    /// hit is better than none.
    fn lock(&self, index: usize) -> MutexGuard<'_, Shard> {
        let mutex = &self.shards[index].0;
        mutex.lock().unwrap_or_else(|poisoned| {
            mutex.clear_poison();
            poisoned.into_inner()
        })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    /// Sizes only: no addresses, no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shards = self.shards.len();
        f.debug_struct("MemoryStore").field("shards", &shards).field("max_bytes", &self.max_bytes).finish()
    }
}

impl StateStore for MemoryStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Ok(reduce(&mut Session::new(self), batch)))
    }

    fn is_synchronous(&self) -> bool {
        true
    }

    fn defer(&self, batch: &Batch) {
        reduce(&mut Session::new(self), batch);
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        Box::pin(ready(Ok(self.bans(now, limit))))
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        Some(BanCapacity { used: self.stats().bans, max: self.max_bans })
    }
}
