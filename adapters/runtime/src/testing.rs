//! For tests of a guarded service: a clock that they set, and a sink that keeps the events.
//!
//! ```
//! use std::time::Duration;
//!
//! use portcullis_runtime::testing::{ManualClock, RecordingSink};
//! use portcullis_runtime::{Config, Guard};
//!
//! let (clock, events) = (ManualClock::default(), RecordingSink::default());
//! let guard = Guard::builder(Config::default()).clock(clock.clone()).sink(events.clone()).build()?;
//! clock.advance(Duration::from_secs(60));
//! assert!(events.take().is_empty());
//! # let _ = guard;
//! # Ok::<(), portcullis_runtime::ConfigErrors>(())
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::event::Event;

pub use crate::clock::ManualClock;
use crate::telemetry::sink::{Context, EventSink, RequestReport};

/// A sink that keeps the events for assertions. Clones share them. It keeps every event until [`RecordingSink::take`], so use it in
/// tests only.
#[derive(Clone, Debug, Default)]
pub struct RecordingSink(Arc<Mutex<Vec<Event>>>);

impl RecordingSink {
    /// The events since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventSink for RecordingSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }

    fn request(&self, _: &RequestReport<'_>) {}
}
