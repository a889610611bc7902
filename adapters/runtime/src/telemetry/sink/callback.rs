//! Sends events to a callback of the application, on a thread of its own.

use std::fmt;
use std::sync::Arc;

use portcullis_core::event::Event;

use super::context::{Context, RequestReport};
use super::event_sink::EventSink;
use super::queue::{DroppedItems, Queue};

/// The maximum number of queued events; more are dropped.
pub const CALLBACK_QUEUE: usize = 1024;

/// Sends events to a callback that may be slow, and may panic. Up to [`CALLBACK_QUEUE`] events are queued; more are dropped
/// and counted.
pub struct CallbackSink(Queue<Event>);

impl CallbackSink {
    /// A sink that calls `callback` for each event, in order, on one thread.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn new(callback: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        Self::with_queue(CALLBACK_QUEUE, callback)
    }

    /// As [`CallbackSink::new`], with room for `queue` events (at least one).
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn with_queue(queue: usize, callback: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        Queue::new("portcullis-events", queue, callback).map(Self)
    }

    /// A handle on the number of events that were dropped because the queue was full, and of those over which the
    /// callback panicked.
    #[must_use]
    pub fn dropped(&self) -> CallbackDrops {
        CallbackDrops(Arc::clone(self.0.lost()))
    }
}

/// Counts of the events that a callback did not complete.
#[derive(Clone, Debug)]
pub struct CallbackDrops(pub(crate) Arc<DroppedItems>);

impl CallbackDrops {
    /// Events that were dropped because the queue was full.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.dropped()
    }

    /// Events on which the callback panicked.
    #[must_use]
    pub fn panicked(&self) -> u64 {
        self.0.panicked()
    }
}

impl EventSink for CallbackSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.0.push(event.clone());
    }

    fn request(&self, _: &RequestReport<'_>) {}

    fn lost(&self) -> u64 {
        self.0.lost().dropped() + self.0.lost().panicked()
    }
}

impl fmt::Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackSink").field("lost", self.0.lost()).finish_non_exhaustive()
    }
}
