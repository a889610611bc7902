//! The warning of a store whose windows are almost used up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_core::time::Timestamp;

use super::stats::MemoryStats;

/// The minimum interval between two warnings.
const WARN_EVERY: Duration = Duration::from_secs(600);

/// When the next warning is due.
#[derive(Debug, Default)]
pub(super) struct OccupancyWarning {
    next: AtomicU64,
}

impl OccupancyWarning {
    /// Whether `len` windows are at least 80 % of `capacity`.
    pub(super) const fn applies(len: usize, capacity: usize) -> bool {
        len >= capacity - capacity / 5
    }

    /// Log a warning, unless the last one is more recent than ten minutes. `stats` is called only for a warning.
    #[cold]
    pub(super) fn log(&self, now: Timestamp, stats: impl FnOnce() -> MemoryStats) {
        let due = self.next.load(Ordering::Relaxed);
        let next = now.after(WARN_EVERY).as_millis();
        // A clock that steps back must not suppress warnings for longer than the interval.
        let is_early = now.as_millis() < due && due <= next;
        // Of concurrent callers one logs.
        if is_early || self.next.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let MemoryStats { windows, max_windows, moved, sketched, .. } = stats();
        tracing::warn!(
            target: "portcullis",
            windows, max_windows, moved, sketched,
            "the in-memory store is at least 80 % full: a flood, or more clients than windows. Beyond `max_windows` clients of \
             the largest networks may be limited early; set a larger `MemoryStoreBuilder::max_windows` if clients are honest"
        );
    }
}
