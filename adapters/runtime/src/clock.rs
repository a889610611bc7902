//! Clocks of a process.
//!
//! The engine counts wall-clock time but must not follow its steps: a clock that an NTP correction or an operator sets back
//! or forward would renew budgets or extend bans. [`SystemClock`] therefore reads the wall clock once and adds the monotonic
//! clock to it. [`ManualClock`] moves only when a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::time::{Clock, Timestamp};

/// Wall time at creation plus the monotonic clock: it never steps.
///
/// The cost: a correction of the wall clock is not followed until the process creates a new clock, so two processes that
/// share a remote store differ by as much as their clocks did when they started, plus drift. Where the monotonic clock stops
/// while the machine is suspended (Linux, macOS), so do windows and bans: they last longer by the time spent suspended and
/// never end early. Processes that share a store with others and are suspended often should create a new clock on resume.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    wall: Timestamp,
    anchor: Instant,
}

impl SystemClock {
    /// A clock that starts at the present. A wall clock before 1970 counts as 1970.
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

/// A clock for tests, which moves only by `set` and `advance`. Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at `now`.
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
        // The closure always returns a value, so the update does not fail.
        let _ = self.millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}
