//! What a process counts about itself for whoever operates it: requests by outcome, reloads, outages of the store.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use portcullis_core::event::{Event, EventKind};
use portcullis_core::{Outcome, Timestamp};

use crate::guard::Inner;
use crate::operate::sink::Context;

/// How far apart outages have to begin for both to be told.
const OUTAGE_EVERY: Duration = Duration::from_secs(10);

/// What a guard counts about itself.
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

/// What became of a reload from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOutcome {
    /// When.
    pub at: Timestamp,
    /// Why the file was not taken over; then what was in force before still is.
    pub error: Option<String>,
}

impl Operations {
    /// How often the configuration was replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(crate) fn swapped(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reloads(&self) -> Reloads {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn reloaded(&self, at: Timestamp, error: Option<String>) {
        let mut reloads = self.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        reloads.failed += u64::from(error.is_some());
        reloads.last = Some(ReloadOutcome { at, error });
    }
}

/// Requests by outcome. Threads count on cells of their own, so that none waits for the other's cache line.
#[derive(Debug, Default)]
pub(crate) struct OutcomeCounters([PaddedCounters; CELLS]);

const CELLS: usize = 16;

#[derive(Debug, Default)]
#[repr(align(128))]
struct PaddedCounters {
    allowed: AtomicU64,
    reported: AtomicU64,
    refused: AtomicU64,
}

thread_local! {
    static CELL: Cell<usize> = Cell::new({
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % CELLS
    });
}

impl OutcomeCounters {
    pub(crate) fn count(&self, outcome: Outcome) {
        // A thread that is ending counts with the first.
        let cells = &self.0[CELL.try_with(Cell::get).unwrap_or(0)];
        let counter = match outcome {
            Outcome::Allow => &cells.allowed,
            Outcome::Report => &cells.reported,
            _ => &cells.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Allowed, reported, refused.
    pub(crate) fn sums(&self) -> [u64; 3] {
        self.0.iter().fold([0; 3], |[allowed, reported, refused], cells| {
            let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            [allowed + of(&cells.allowed), reported + of(&cells.reported), refused + of(&cells.refused)]
        })
    }
}

/// Whether the store answers. An outage is told once, when it begins, and so is its end; one that begins shortly after
/// another was told only if it lasts.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    down: AtomicBool,
    told: AtomicBool,
    began: AtomicU64,
    count: AtomicU64,
    next: AtomicU64,
}

/// What is to be told about the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreTransition {
    Lost,
    Back,
}

impl Outage {
    /// Whether the store answered when it was last asked.
    pub(crate) fn is_over(&self) -> bool {
        !self.down.load(Ordering::Relaxed)
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// When the last one began.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        (self.count() > 0).then(|| Timestamp::from_millis(self.began.load(Ordering::Relaxed)))
    }

    fn back(&self) -> Option<StoreTransition> {
        if self.is_over() || !self.down.swap(false, Ordering::SeqCst) {
            return None;
        }
        self.told.swap(false, Ordering::SeqCst).then_some(StoreTransition::Back)
    }

    fn lost(&self, now: Timestamp) -> Option<StoreTransition> {
        if !self.down.swap(true, Ordering::SeqCst) {
            self.count.fetch_add(1, Ordering::Relaxed);
            self.began.store(now.as_millis(), Ordering::Relaxed);
        }
        let due = self.next.load(Ordering::Relaxed);
        let next = now.after(OUTAGE_EVERY).as_millis();
        // A clock that stepped back must not silence outages for longer than they are apart.
        if (now.as_millis() < due && due <= next) || self.told.swap(true, Ordering::SeqCst) {
            return None;
        }
        self.next.store(next, Ordering::Relaxed);
        Some(StoreTransition::Lost)
    }
}

impl Inner {
    /// Note whether the store answered, and tell sinks when that has changed.
    pub(crate) fn store_answered(&self, on_response: bool) {
        let turn = if on_response {
            self.operations.outage.back()
        } else {
            self.operations.outage.lost(self.clock.now())
        };
        let (kind, action, reason, detail) = match turn {
            None => return,
            Some(StoreTransition::Lost) => (
                EventKind::RedisError,
                "operation_failed",
                "the state store does not answer; this process decides without it as the rules say",
                Some(("error_type", "operation_error".into())),
            ),
            Some(StoreTransition::Back) => {
                (EventKind::RedisConnection, "connection_established", "the state store answers again", None)
            }
        };
        let mut event = Event::new(kind, action, "redis", reason.into());
        event.metadata.extend(detail);
        self.tell_one(event);
    }

    /// Hand an event that is about no request to every sink, unless its kind is muted.
    pub(crate) fn tell_one(&self, event: Event) {
        let engine = self.engine.load_full();
        if engine.reports(event.kind) {
            self.report_events(&mut [event], &Context::new(&engine, self.clock.now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let outage = Outage::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        assert_eq!(outage.back(), None, "nothing was lost");
        let told: Vec<_> = (0..100).filter_map(|second| outage.lost(at(second))).collect();
        assert_eq!((told, outage.count(), outage.began()), (vec![StoreTransition::Lost], 1, Some(at(0))));
        assert!(!outage.is_over());
        assert_eq!((outage.back(), outage.back()), (Some(StoreTransition::Back), None));
        assert!(outage.is_over());
    }

    #[test]
    fn a_store_that_comes_and_goes_is_told_about_every_ten_seconds() {
        let outage = Outage::default();
        let at = |millis: u64| Timestamp::from_millis(1_000_000 + millis);
        let mut told = Vec::new();
        for turn in 0..3000 {
            told.extend(outage.lost(at(turn * 10)));
            told.extend(outage.back());
        }
        assert_eq!(outage.count(), 3000);
        assert_eq!(told, [StoreTransition::Lost, StoreTransition::Back].repeat(3));
    }

    #[test]
    fn an_outage_that_lasts_is_told_although_it_began_shortly_after_another() {
        let outage = Outage::default();
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        assert_eq!(
            (outage.lost(at(0)), outage.back()),
            (Some(StoreTransition::Lost), Some(StoreTransition::Back))
        );
        assert_eq!((outage.lost(at(1)), outage.lost(at(9))), (None, None));
        assert_eq!(outage.lost(at(10)), Some(StoreTransition::Lost));
        // A clock that stepped back is no reason for silence.
        assert_eq!(outage.back(), Some(StoreTransition::Back));
        assert_eq!(outage.lost(Timestamp::from_millis(5)), Some(StoreTransition::Lost));
    }

    #[test]
    fn requests_are_counted_whichever_thread_serves_them() {
        let tally = OutcomeCounters::default();
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    tally.count(Outcome::Allow);
                    tally.count(Outcome::Allow);
                    tally.count(Outcome::Report);
                    tally.count(Outcome::Deny);
                });
            }
        });
        assert_eq!(tally.sums(), [80, 40, 40]);
    }
}
