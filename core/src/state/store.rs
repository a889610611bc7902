//! The interface of a state store: one trait, synchronous or asynchronous.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use ipnet::IpNet;

use super::{Batch, Replies};
use crate::time::Timestamp;

/// The store failed, or did not reply in time.
///
/// It is a value, not a panic or a skipped check: each rule defines the result of a request in this case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the state store did not answer; check that it is running and reachable")
    }
}

impl core::error::Error for Unavailable {}

/// The response of a store to a batch.
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum StoreResponse<'a> {
    /// Immediate, from an in-memory store.
    Ready(Result<Replies, Unavailable>),
    /// Asynchronous, from a remote store. The driver awaits it under a deadline.
    Pending(Pin<Box<dyn Future<Output = Result<Replies, Unavailable>> + Send + 'a>>),
}

impl fmt::Debug for StoreResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(replies) => f.debug_tuple("Ready").field(replies).finish(),
            Self::Pending(_) => f.write_str("Pending"),
        }
    }
}

/// The live bans with their ends, asynchronously.
pub type Listing<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<(IpNet, Timestamp)>, ListBansError>> + Send + 'a>>;

/// Why a store does not list its bans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListBansError {
    /// The store cannot list bans, only look up a single one.
    Unsupported,
    /// The store failed or did not reply in time.
    Unavailable,
}

/// The number of bans in a store, expired ones that are not yet removed included, and its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanCapacity {
    /// Bans in the store.
    pub used: u64,
    /// The maximum number of bans.
    pub max: u64,
}

/// The number of windows in a store, expired ones that are not yet removed included, and its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowCapacity {
    /// Windows in the store: clients times rules.
    pub used: u64,
    /// The maximum number of windows.
    pub max: u64,
}

/// Storage of counters and bans.
///
/// An implementation must agree with [`reduce`](super::reduce::reduce) on every sequence of batches, must apply each op
/// atomically under concurrent callers, and must bound its memory without ever granting a client budget.
pub trait StateStore: fmt::Debug + Send + Sync {
    /// Apply all ops of the batch and return their replies.
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a>;

    /// Whether every response is [`StoreResponse::Ready`], so that a driver need not await. Default: false.
    fn is_synchronous(&self) -> bool {
        false
    }

    /// Apply a batch and drop its replies. Must not block; a store that queues must bound the queue and count dropped
    /// batches.
    fn defer(&self, batch: &Batch);

    /// Up to `limit` bans live at `now`, in no order, for operators. Default: not supported.
    fn list_bans(&self, _now: Timestamp, _limit: usize) -> Listing<'_> {
        Box::pin(core::future::ready(Err(ListBansError::Unsupported)))
    }

    /// The ban capacity, if the store has a bound of its own. Default: none.
    fn ban_capacity(&self) -> Option<BanCapacity> {
        None
    }

    /// The window capacity, if the store has a bound of its own. Default: none.
    fn window_capacity(&self) -> Option<WindowCapacity> {
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

    fn window_capacity(&self) -> Option<WindowCapacity> {
        (**self).window_capacity()
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

    fn window_capacity(&self) -> Option<WindowCapacity> {
        (**self).window_capacity()
    }
}
