//! Counters and bans inside the process, in bounded memory.
//!
//! [`MemoryStore`] runs the specification, [`reduce`], over shards with a lock each. It adds the behaviour at capacity; a
//! flood of keys must not give any client budget:
//!
//! - A window is evicted only when it equals a new one, so eviction gives no budget.
//! - When no such window is found, a window moves to a sketch, where its hits are counted on: one of a network (IPv4 /16 or
//!   /24, IPv6 /32 or /48) with more than twice as many windows as that of the new client, or one of a limit that is not
//!   exact for one that is. A flood moves its own windows, whatever the number of its addresses.
//! - When there is none either, the new client is counted in the sketch. A client there shares cells with others and may be
//!   rejected early, never late. Most rows of a sketch are divided by network, so that a flood fills the cells of its own.
//! - From 80 % on, a warning is logged at most every ten minutes.
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
mod networks;
mod occupancy;
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
use portcullis_core::state::{
    BanCapacity, Batch, Listing, Replies, StateStore, StoreResponse, WindowCapacity,
};
use portcullis_core::time::Timestamp;

pub use self::builder::MemoryStoreBuilder;
use self::session::Session;
pub use self::sketch::SKEW;
pub use self::stats::MemoryStats;
pub use self::store::MemoryStore;

impl MemoryStore {
    /// A store for a million clients and 100,000 bans in 16 shards. It starts with a few KB and grows on demand to at most
    /// 242 MB, exactly [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A store of another size.
    #[must_use]
    pub fn builder() -> MemoryStoreBuilder {
        MemoryStoreBuilder::default()
    }

    fn run(&self, batch: &Batch) -> Replies {
        let mut session = Session::new(self);
        let replies = reduce(&mut session, batch);
        // Without a lock: a subscriber of `tracing` may block.
        if session.end() {
            self.warning.log(batch.now(), || self.stats());
        }
        replies
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl StateStore for MemoryStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Ok(self.run(batch)))
    }

    fn is_synchronous(&self) -> bool {
        true
    }

    fn defer(&self, batch: &Batch) {
        self.run(batch);
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        Box::pin(ready(Ok(self.bans(now, limit))))
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        Some(BanCapacity { used: self.stats().bans, max: self.max_bans })
    }

    fn window_capacity(&self) -> Option<WindowCapacity> {
        let stats = self.stats();
        Some(WindowCapacity { used: stats.windows, max: stats.max_windows })
    }
}
