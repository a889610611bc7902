//! Counters of this process for its operator: requests by outcome, reloads, outages of the store.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use portcullis_core::{Outcome, Timestamp};

/// The minimum interval between the beginnings of two reported outages.
const OUTAGE_EVERY: Duration = Duration::from_secs(10);

/// The counters of a guard.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    pub(crate) requests: OutcomeCounters,
    pub(crate) outage: Outage,
    generation: AtomicU64,
    reloads: Mutex<Reloads>,
}

/// Reloads from files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reloads {
    pub(crate) failed: u64,
    pub(crate) last: Option<ReloadOutcome>,
}

/// The result of a reload from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOutcome {
    /// The time.
    pub at: Timestamp,
    /// Why the file was rejected; the configuration in force stays.
    pub error: Option<String>,
}

impl Operations {
    /// The number of times that the configuration was replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(crate) fn count_reload(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reloads(&self) -> Reloads {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn record_file_reload(&self, at: Timestamp, error: Option<String>) {
        let mut reloads = self.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        reloads.failed += u64::from(error.is_some());
        reloads.last = Some(ReloadOutcome { at, error });
    }
}

/// Requests by outcome. Each thread counts in its own cache line, so that threads do not contend.
#[derive(Debug, Default)]
pub(crate) struct OutcomeCounters([PaddedCounters; SLOTS]);

const SLOTS: usize = 16;

#[derive(Debug, Default)]
#[repr(align(128))]
struct PaddedCounters {
    allowed: AtomicU64,
    reported: AtomicU64,
    rejected: AtomicU64,
}

thread_local! {
    static SLOT: Cell<usize> = Cell::new({
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SLOTS
    });
}

impl PaddedCounters {
    fn of(&self, outcome: Outcome) -> &AtomicU64 {
        match outcome {
            Outcome::Allow => &self.allowed,
            Outcome::Report => &self.reported,
            _ => &self.rejected,
        }
    }
}

impl OutcomeCounters {
    pub(crate) fn count(&self, outcome: Outcome) {
        self.slot().of(outcome).fetch_add(1, Ordering::Relaxed);
    }

    fn slot(&self) -> &PaddedCounters {
        // The thread-local is gone while a thread ends; it counts in the first slot.
        &self.0[SLOT.try_with(Cell::get).unwrap_or(0)]
    }

    /// Count the outcome of an inner guard, in place of the one that the outer guard counted.
    pub(crate) fn recount(&self, before: Outcome, outcome: Outcome) {
        self.count(outcome);
        // The thread may be another than the one that counted before, so a slot may wrap; the sum does not.
        self.slot().of(before).fetch_sub(1, Ordering::Relaxed);
    }

    /// Allowed, reported, rejected.
    pub(crate) fn sums(&self) -> [u64; 3] {
        self.0.iter().fold([0; 3], |[allowed, reported, rejected], counters| {
            let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            [
                allowed.wrapping_add(of(&counters.allowed)),
                reported.wrapping_add(of(&counters.reported)),
                rejected.wrapping_add(of(&counters.rejected)),
            ]
        })
    }
}

/// Whether the store replies. An outage is reported once when it begins, and its end is reported too; an outage that begins
/// shortly after another reported one is reported only if it lasts.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    down: AtomicBool,
    is_reported: AtomicBool,
    began: AtomicU64,
    count: AtomicU64,
    next: AtomicU64,
}

/// A change of the store's availability to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreTransition {
    Lost,
    Restored,
}

impl Outage {
    /// Whether the store replied to the last batch.
    pub(crate) fn is_over(&self) -> bool {
        !self.down.load(Ordering::Relaxed)
    }

    /// The number of outages.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The beginning of the last outage.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        (self.count() > 0).then(|| Timestamp::from_millis(self.began.load(Ordering::Relaxed)))
    }

    pub(crate) fn end(&self) -> Option<StoreTransition> {
        if self.is_over() || !self.down.swap(false, Ordering::SeqCst) {
            return None;
        }
        self.is_reported.swap(false, Ordering::SeqCst).then_some(StoreTransition::Restored)
    }

    pub(crate) fn begin(&self, now: Timestamp) -> Option<StoreTransition> {
        if !self.down.swap(true, Ordering::SeqCst) {
            self.count.fetch_add(1, Ordering::Relaxed);
            self.began.store(now.as_millis(), Ordering::Relaxed);
        }
        let due = self.next.load(Ordering::Relaxed);
        let next = now.after(OUTAGE_EVERY).as_millis();
        // A clock that steps back must not suppress reports for longer than the interval.
        if (now.as_millis() < due && due <= next) || self.is_reported.swap(true, Ordering::SeqCst) {
            return None;
        }
        self.next.store(next, Ordering::Relaxed);
        Some(StoreTransition::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_and_its_end_are_reported_once() {
        let outage = Outage::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        assert_eq!(outage.end(), None, "nothing was lost");
        let reported: Vec<_> = (0..100).filter_map(|second| outage.begin(at(second))).collect();
        assert_eq!((reported, outage.count(), outage.began()), (vec![StoreTransition::Lost], 1, Some(at(0))));
        assert!(!outage.is_over());
        assert_eq!((outage.end(), outage.end()), (Some(StoreTransition::Restored), None));
        assert!(outage.is_over());
    }

    #[test]
    fn a_store_that_comes_and_goes_is_reported_about_every_ten_seconds() {
        let outage = Outage::default();
        let at = |millis: u64| Timestamp::from_millis(1_000_000 + millis);
        let mut reported = Vec::new();
        for turn in 0..3000 {
            reported.extend(outage.begin(at(turn * 10)));
            reported.extend(outage.end());
        }
        assert_eq!(outage.count(), 3000);
        assert_eq!(reported, [StoreTransition::Lost, StoreTransition::Restored].repeat(3));
    }

    #[test]
    fn an_outage_that_lasts_is_reported_although_it_began_shortly_after_another() {
        let outage = Outage::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        assert_eq!(
            (outage.begin(at(0)), outage.end()),
            (Some(StoreTransition::Lost), Some(StoreTransition::Restored))
        );
        assert_eq!((outage.begin(at(1)), outage.begin(at(9))), (None, None));
        assert_eq!(outage.begin(at(10)), Some(StoreTransition::Lost));
        // A clock that steps back must not suppress reports.
        assert_eq!(outage.end(), Some(StoreTransition::Restored));
        assert_eq!(outage.begin(Timestamp::from_millis(5)), Some(StoreTransition::Lost));
    }

    #[test]
    fn requests_are_counted_whichever_thread_serves_them() {
        let counters = OutcomeCounters::default();
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    counters.count(Outcome::Allow);
                    counters.count(Outcome::Allow);
                    counters.count(Outcome::Report);
                    counters.count(Outcome::Deny);
                });
            }
        });
        assert_eq!(counters.sums(), [80, 40, 40]);
    }
}
