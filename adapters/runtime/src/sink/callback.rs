//! Events to a function of the application, on a thread of its own.

use portcullis_core::event::Event;

use super::queue::{Dropped, Queue};
use super::{Context, EventSink, Seen};

/// Events that wait for the callback before more are dropped.
pub const CALLBACK_QUEUE: usize = 1024;

/// Hands events to a callback that may take its time. Up to [`CALLBACK_QUEUE`] events wait; more are dropped and counted.
/// A callback that panics loses that event, which is counted, and is called again with the next.
#[derive(Debug)]
pub struct CallbackSink {
    queue: Queue<Event>,
}

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
    pub fn with_queue(
        queue: usize,
        mut callback: impl FnMut(Event) + Send + 'static,
    ) -> std::io::Result<Self> {
        let work = move |event| {
            callback(event);
            true
        };
        Ok(Self { queue: Queue::new("portcullis-events", queue, work)? })
    }

    /// A handle on the numbers of events that were dropped because the queue was full, and over which the callback panicked.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.queue.counts()
    }
}

impl EventSink for CallbackSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.queue.push(event.clone());
    }

    fn request(&self, _: &Seen<'_>) {}

    fn lost(&self) -> u64 {
        self.dropped().count() + self.dropped().failed()
    }
}
