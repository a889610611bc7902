//! The two memories of an inspection: none, and everything.
//!
//! Without memory every request is the first of its client. The store then still answers every question, so that the
//! request takes the same way through the engine as when it is served.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Answer, Batch, Cells, Count, Key, Quota, StateStore};

/// A store that keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct Forgetful;

impl StateStore for Forgetful {
    fn apply<'a>(&'a self, batch: &'a Batch) -> Answer<'a> {
        Answer::Ready(Ok(reduce(&mut Fresh, batch)))
    }

    fn defer(&self, _: &Batch) {}
}

/// Cells that are as new for every batch.
struct Fresh;

impl Cells for Fresh {
    fn hit(&mut self, _: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let within = cost <= quota.limit();
        let end = now.after(quota.window());
        let retry_at = if cost < quota.limit() { now } else { end };
        Count { within, used: cost, limit: quota.limit(), retry_at, reset_at: end }
    }

    fn forget(&mut self, _: &Key) {}

    fn banned(&mut self, _: IpAddr, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn ban(&mut self, _: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        Some(now.after(term))
    }

    fn pardon(&mut self, _: IpNet) {}
}

/// A store that forgets nothing: exact, and as large as the input.
#[derive(Default)]
pub(crate) struct Remembering(Mutex<Model>);

impl StateStore for Remembering {
    fn apply<'a>(&'a self, batch: &'a Batch) -> Answer<'a> {
        let mut model = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Answer::Ready(Ok(reduce(&mut *model, batch)))
    }

    fn defer(&self, batch: &Batch) {
        let _ = self.apply(batch);
    }
}

impl fmt::Debug for Remembering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembering")
    }
}
