//! A store without memory.
//!
//! Without memory every request is the first of its client. The store still replies to every op, so that the request takes
//! the same path through the engine as in a service.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Batch, Count, Key, Quota, StateBackend, StateStore, StoreResponse};

/// A store that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoMemoryStore;

impl StateStore for NoMemoryStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Ok(reduce(&mut EmptyBackend, batch)))
    }

    fn defer(&self, _: &Batch) {}
}

/// A backend in which every entry is new.
struct EmptyBackend;

impl StateBackend for EmptyBackend {
    fn hit(&mut self, _: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let end = now.after(quota.window());
        Count {
            within: cost <= quota.limit(),
            used: cost,
            limit: quota.limit(),
            retry_at: if cost < quota.limit() { now } else { end },
            reset_at: if cost == 0 { now } else { end },
        }
    }

    fn forget(&mut self, _: &Key) {}

    fn banned(&mut self, _: IpAddr, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn ban(&mut self, _: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        Some(now.after(term))
    }

    fn unban(&mut self, _: IpNet) {}
}

#[cfg(test)]
mod tests;
