//! What waits for a thread that may take its time: bounded, and never waited for.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// Hands items to a worker on a thread of its own, in order.
pub(super) struct Queue<T> {
    items: SyncSender<T>,
    dropped: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

impl<T: Send + 'static> Queue<T> {
    /// A queue with room for `most` items (at least one). An item over which the worker panics is counted as failed, and the
    /// worker goes on with the next; so is one for which it returns false.
    pub(super) fn new(
        name: &str,
        most: usize,
        mut work: impl FnMut(T) -> bool + Send + 'static,
    ) -> std::io::Result<Self> {
        let (items, receiver) = sync_channel::<T>(most.max(1));
        let failed = Arc::<AtomicU64>::default();
        let count = Arc::clone(&failed);
        // The thread ends when the queue is dropped and empty.
        thread::Builder::new().name(name.into()).spawn(move || {
            for item in receiver {
                // A worker that panicked half-way may have left its own state odd; nothing of ours is shared with it.
                let done = catch_unwind(AssertUnwindSafe(|| work(item))).unwrap_or(false);
                count.fetch_add(u64::from(!done), Ordering::Relaxed);
            }
        })?;
        Ok(Self { items, dropped: Arc::default(), failed })
    }

    /// Add an item, or drop and count it when there is no room.
    pub(super) fn push(&self, item: T) {
        if self.items.try_send(item).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn counts(&self) -> Dropped {
        Dropped { full: Arc::clone(&self.dropped), failed: Arc::clone(&self.failed) }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("dropped", &self.dropped).field("failed", &self.failed).finish()
    }
}

/// How many events a sink has dropped so far.
#[derive(Clone, Debug)]
pub struct Dropped {
    full: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

impl Dropped {
    /// Events that were dropped because the queue was full.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.full.load(Ordering::Relaxed)
    }

    /// Events that were handed over and failed: the callback panicked, or the writer returned an error.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}
