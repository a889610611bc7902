//! A memory that holds nothing.
//!
//! Without memory every request is the first of its client. The store still answers every question, so that the request
//! takes the same way through the engine as when it is served.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Batch, Count, Key, Quota, StateBackend, StateStore, StoreResponse};

/// A store that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Forgetful;

impl StateStore for Forgetful {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Ready(Ok(reduce(&mut Fresh, batch)))
    }

    fn defer(&self, _: &Batch) {}
}

/// Cells that are as new for every op.
struct Fresh;

impl StateBackend for Fresh {
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
