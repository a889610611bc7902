//! Writes events as lines of JSON, on a thread of its own.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_core::event::Event;

use super::context::{Context, RequestReport};
use super::event_sink::EventSink;
use super::queue::Queue;

use crate::telemetry::envelope::SecurityEvent;

/// The maximum number of queued events; more are dropped.
pub const JSON_QUEUE: usize = 1024;

/// Writes each event as one line of JSON: the envelope of [`SecurityEvent`]. Up to [`JSON_QUEUE`] events are queued; more
/// are dropped and counted, and write errors are counted too.
///
/// ```no_run
/// use portcullis_runtime::sink::JsonSink;
/// use portcullis_runtime::{Config, Guard};
///
/// let file = std::fs::OpenOptions::new().append(true).create(true).open("events.jsonl")?;
/// let guard = Guard::builder(Config::default()).sink(JsonSink::new(file)?).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JsonSink {
    queue: Queue<SecurityEvent>,
    failed: Arc<AtomicU64>,
}

impl JsonSink {
    /// A sink that writes to `writer` and flushes it after every line.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn new(writer: impl Write + Send + 'static) -> std::io::Result<Self> {
        Self::with_queue(JSON_QUEUE, writer)
    }

    /// As [`JsonSink::new`], with room for `queue` events (at least one).
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn with_queue(queue: usize, mut writer: impl Write + Send + 'static) -> std::io::Result<Self> {
        let failed = Arc::<AtomicU64>::default();
        let count = Arc::clone(&failed);
        let write = move |event: SecurityEvent| {
            let line = serde_json::to_vec(&event).map(|mut line| {
                line.push(b'\n');
                line
            });
            // One call a line: lines of several processes that append to one file do not mix.
            let written =
                line.is_ok_and(|line| writer.write_all(&line).and_then(|()| writer.flush()).is_ok());
            count.fetch_add(u64::from(!written), Ordering::Relaxed);
        };
        Ok(Self { queue: Queue::new("portcullis-json", queue, write)?, failed })
    }
}

impl EventSink for JsonSink {
    fn event(&self, event: &Event, context: &Context<'_>) {
        self.queue.push(SecurityEvent::new(event, context));
    }

    fn request(&self, _: &RequestReport<'_>) {}

    fn lost(&self) -> u64 {
        let lost = self.queue.lost();
        lost.dropped() + lost.panicked() + self.failed.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for JsonSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSink").field("lost", &self.lost()).finish_non_exhaustive()
    }
}
