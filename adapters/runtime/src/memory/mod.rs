//! Counters and bans inside the process, in bounded memory.
//!
//! [`MemoryStore`] runs the specification, [`reduce`], over shards with a lock each. It adds the behaviour at capacity; a
//! flood of keys must not give any client budget:
//!
//! - A window is evicted only when it equals a new one, so eviction gives no budget.
//! - When no such window is found, a new client is counted in a sketch shared with others: it may be rejected early, never
//!   late. It stays there for as long as the sketch counts any of its hits.
//! - Bans have a capacity of their own. At that capacity a new ban is rejected and counted; those in force stay.
//!
//! Every op does a bounded amount of work under one lock, whatever the number of clients, and a request of a known client
//! allocates nothing. Keys are hashed with a secret of the process, so that an attacker cannot choose colliding keys.
//!
//! The store has no clock: it uses the instant of each batch, and keeps entries for [`SKEW`] longer. If a clock jumps ahead
//! by hours and back, and the store is full meanwhile, entries that had expired by that clock are evicted;
//! [`SystemClock`](crate::SystemClock) never steps.

mod builder;
mod fingerprint;
mod prefixes;
mod session;
mod shard;
mod sketch;
mod stats;
mod store;
mod table;
#[cfg(test)]
mod tests;

use std::future::ready;

use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{BanCapacity, Batch, Listing, StateStore, StoreResponse};
use portcullis_core::time::Timestamp;

pub use self::builder::MemoryStoreBuilder;
use self::session::Session;
pub use self::sketch::SKEW;
pub use self::stats::MemoryStats;
pub use self::store::MemoryStore;

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
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
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
