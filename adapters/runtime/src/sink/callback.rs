//! Events to a function of the application, on a thread of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use portcullis_core::event::Event;

use super::{Context, EventSink, Seen};

/// Events that wait for the callback before more are dropped.
pub const CALLBACK_QUEUE: usize = 1024;

/// Hands events to a callback that may take its time. Up to [`CALLBACK_QUEUE`] events wait; more are dropped and counted.
pub struct CallbackSink {
    queue: SyncSender<Event>,
    dropped: Arc<AtomicU64>,
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
    pub fn with_queue(queue: usize, callback: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<Event>(queue.max(1));
        // The thread ends when the sink is dropped and the queue is empty.
        thread::Builder::new()
            .name("portcullis-events".into())
            .spawn(move || receiver.into_iter().for_each(callback))?;
        Ok(Self { queue: sender, dropped: Arc::default() })
    }

    /// A handle on the number of events that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        Dropped(Arc::clone(&self.dropped))
    }
}

/// How many events a sink has dropped so far.
#[derive(Clone, Debug)]
pub struct Dropped(Arc<AtomicU64>);

impl Dropped {
    /// The number.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl EventSink for CallbackSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        if self.queue.try_send(event.clone()).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn request(&self, _: &Seen<'_>) {}

    fn lost(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackSink").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}
