//! Where a process gets its instants from.
//!
//! The engine counts wall-clock time but must not be steered by it: a clock that an NTP correction or an operator sets
//! back or forward would give budget away or hold bans for too long. [`SystemClock`] therefore reads the wall clock once
//! and lets the monotonic clock carry it from there. [`ManualClock`] moves only when it is told to, for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::time::{Clock, Timestamp};

/// Wall time at creation, carried on by the monotonic clock: it never steps.
///
/// What that costs: a correction of the wall clock is not followed until the process makes a new clock, so two processes
/// that share a remote store disagree by as much as their clocks did when they started, plus drift. Where the monotonic
/// clock stands still while the machine is suspended (Linux, macOS), so do windows and bans: they last longer by the
/// time spent asleep and never end early. Processes that share a store with others and are suspended often should make a
/// new clock on resume.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    wall: Timestamp,
    anchor: Instant,
}

impl SystemClock {
    /// A clock anchored at the present. A wall clock that stands before 1970 counts as 1970.
    #[must_use]
    pub fn new() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { wall: Timestamp::EPOCH.after(wall), anchor: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// The wall time at `instant`.
    fn at(&self, instant: Instant) -> Timestamp {
        self.wall.after(instant.saturating_duration_since(self.anchor))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }
}

/// The clock of a guard. Both kinds of instant come from one reading of the system clock.
pub(crate) enum GuardClock {
    System(SystemClock),
    Custom(Arc<dyn Clock>),
}

impl GuardClock {
    /// The wall time, and an instant to measure from.
    pub(crate) fn read(&self) -> (Timestamp, Instant) {
        let instant = Instant::now();
        match self {
            Self::System(clock) => (clock.at(instant), instant),
            Self::Custom(clock) => (clock.now(), instant),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => clock.now(),
            Self::Custom(clock) => clock.now(),
        }
    }
}

/// A clock for tests: it stands still until it is moved. Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { millis: Arc::new(AtomicU64::new(now.as_millis())) }
    }

    /// Set the time, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.millis.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Move the time forward, stopping at [`Timestamp::MAX`].
    pub fn advance(&self, span: Duration) {
        let moved = |millis| Some(Timestamp::from_millis(millis).after(span).as_millis());
        // The closure always moves, so the update cannot be refused.
        let _ = self.millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}
