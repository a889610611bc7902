//! A bounded queue to a callback of the application, on a thread of its own.
//!
//! The request path never waits for the callback and is not affected by its panics: items beyond the bound are dropped and
//! counted, and a callback that panics is called again with the next item.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// The sending end.
pub(crate) struct Queue<T> {
    sender: SyncSender<T>,
    lost: Arc<DroppedItems>,
}

/// Items that the callback did not complete.
#[derive(Debug, Default)]
pub(crate) struct DroppedItems {
    dropped: AtomicU64,
    panicked: AtomicU64,
}

impl DroppedItems {
    /// Items that were dropped because the queue was full.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Items on which the callback panicked.
    pub(crate) fn panicked(&self) -> u64 {
        self.panicked.load(Ordering::Relaxed)
    }
}

impl<T: Send + 'static> Queue<T> {
    /// A queue of `room` items (at least one) to `callback`, on a thread with this name.
    pub(crate) fn new(
        name: &str,
        room: usize,
        mut callback: impl FnMut(T) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<T>(room.max(1));
        let lost = Arc::new(DroppedItems::default());
        let counts = Arc::clone(&lost);
        // The thread ends when the queue is dropped and empty.
        thread::Builder::new().name(name.into()).spawn(move || {
            for item in receiver {
                // No state is shared with the callback, so a panic leaves nothing inconsistent here.
                if catch_unwind(AssertUnwindSafe(|| callback(item))).is_err() {
                    counts.panicked.fetch_add(1, Ordering::Relaxed);
                }
            }
        })?;
        Ok(Self { sender, lost })
    }

    /// Queue an item, or count it as dropped.
    pub(crate) fn push(&self, item: T) {
        if self.sender.try_send(item).is_err() {
            self.lost.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts of lost items.
    pub(crate) fn lost(&self) -> &Arc<DroppedItems> {
        &self.lost
    }
}
