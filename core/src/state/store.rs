//! The port to storage: one trait, answered at once or later.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use ipnet::IpNet;

use super::{Batch, Replies};
use crate::time::Timestamp;

/// The store did not answer in time, or could not.
///
/// It is a value, not a panic or a skipped check: each rule declares what it means for a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the state store did not answer; check that it is running and reachable")
    }
}

impl core::error::Error for Unavailable {}

/// What a store gives back for a batch.
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum StoreResponse<'a> {
    /// Answered at once: an in-memory store.
    Ready(Result<Replies, Unavailable>),
    /// Answered later: a remote store. The driver awaits it, under a deadline.
    Pending(Pin<Box<dyn Future<Output = Result<Replies, Unavailable>> + Send + 'a>>),
}

impl fmt::Debug for StoreResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(answer) => f.debug_tuple("Ready").field(answer).finish(),
            Self::Pending(_) => f.write_str("Pending"),
        }
    }
}

/// Bans in force and when each ends, answered later.
pub type Listing<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<(IpNet, Timestamp)>, ListBansError>> + Send + 'a>>;

/// Why a store lists no bans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListBansError {
    /// It cannot: it knows a ban only when it is asked for that one.
    Unsupported,
    /// It did not answer.
    Unavailable,
}

/// How many bans a store holds, ended ones that it has not yet forgotten included, and the most it will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanCapacity {
    /// Held.
    pub used: u64,
    /// The most.
    pub max: u64,
}

/// Counters and bans, wherever they are kept.
///
/// An implementation must agree with [`reduce`](super::reduce::reduce) on every sequence of batches, must apply each op
/// atomically under concurrent callers, and must bound its memory without ever granting a client budget.
pub trait StateStore: fmt::Debug + Send + Sync {
    /// Apply all ops of the batch and answer each.
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a>;

    /// Whether every answer is [`StoreResponse::Ready`], so that a driver need not be ready to wait. Default: false.
    fn is_synchronous(&self) -> bool {
        false
    }

    /// Apply a batch whose replies nobody needs. Must not block; a store that queues must bound the queue and count
    /// what it drops.
    fn defer(&self, batch: &Batch);

    /// Up to `limit` bans in force at `now`, in no order, for operators. Default: not supported.
    fn list_bans(&self, _now: Timestamp, _limit: usize) -> Listing<'_> {
        Box::pin(core::future::ready(Err(ListBansError::Unsupported)))
    }

    /// How much room there is for bans, where the store bounds them itself. Default: it does not say.
    fn ban_capacity(&self) -> Option<BanCapacity> {
        None
    }
}

impl<S: StateStore + ?Sized> StateStore for &S {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        (**self).apply(batch)
    }

    fn is_synchronous(&self) -> bool {
        (**self).is_synchronous()
    }

    fn defer(&self, batch: &Batch) {
        (**self).defer(batch);
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        (**self).list_bans(now, limit)
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        (**self).ban_capacity()
    }
}

impl<S: StateStore + ?Sized> StateStore for alloc::sync::Arc<S> {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        (**self).apply(batch)
    }

    fn is_synchronous(&self) -> bool {
        (**self).is_synchronous()
    }

    fn defer(&self, batch: &Batch) {
        (**self).defer(batch);
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        (**self).list_bans(now, limit)
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        (**self).ban_capacity()
    }
}
