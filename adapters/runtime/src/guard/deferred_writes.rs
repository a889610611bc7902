//! The tasks that await replies to deferred writes, and their limit.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The default limit of replies to deferred writes that are awaited at the same time.
pub const MAX_DEFERRED_TASKS: usize = 1024;

/// The tasks of one guard that await replies to deferred writes.
#[derive(Debug)]
pub(crate) struct DeferredWrites {
    limit: usize,
    pub(crate) running: AtomicUsize,
    pub(crate) unawaited: AtomicU64,
    pub(crate) uninspected: AtomicU64,
}

/// Counts of deferred writes and of uninspected responses, since the guard was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeferredWriteStats {
    /// Replies to deferred writes that are awaited now.
    pub running: usize,
    /// Deferred writes whose replies were not awaited, because of the limit: the store queued them, and bans that followed
    /// from them were not reported.
    pub unawaited: u64,
    /// Responses to which rules apply and whose body could not be inspected: it is encoded, or a stream.
    pub uninspected: u64,
}

impl DeferredWrites {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            running: AtomicUsize::new(0),
            unawaited: AtomicU64::new(0),
            uninspected: AtomicU64::new(0),
        }
    }

    /// Reserve a task, unless the limit is reached.
    pub(crate) fn try_acquire(&self) -> bool {
        let more = |running| (running < self.limit).then_some(running + 1);
        self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }
}
