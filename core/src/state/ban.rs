//! One ban: its duration, and its end after a clock stepped back.

use core::time::Duration;

use crate::time::{Timestamp, millis};

/// A ban until an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanRecord {
    until: u64,
    term: u64,
}

impl BanRecord {
    /// A ban of `term` from `now`.
    #[must_use]
    pub fn new(now: Timestamp, term: Duration) -> Self {
        Self { until: now.after(term).as_millis(), term: millis(term) }
    }

    /// The end and the duration of the ban in milliseconds, for a remote store.
    #[must_use]
    pub const fn to_millis(self) -> (u64, u64) {
        (self.until, self.term)
    }

    /// The ban that [`to_millis`](Self::to_millis) returned as `(until, term)`.
    #[must_use]
    pub const fn from_millis((until, term): (u64, u64)) -> Self {
        Self { until, term }
    }

    /// The end of the ban if it is live at `now`.
    ///
    /// If the clock stepped back, the ban ends at most one term from now. Otherwise one wrong clock reading years ahead
    /// would ban a client for years.
    #[must_use]
    pub fn live_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        let now = now.as_millis();
        if self.until.saturating_sub(now) > self.term {
            self.until = now.saturating_add(self.term);
        }
        (self.until > now).then_some(Timestamp::from_millis(self.until))
    }

    /// The union of this ban and `other`: it lasts as long as the longer, also after a clock stepped back.
    #[must_use]
    pub fn longer(mut self, mut other: Self, now: Timestamp) -> Self {
        match (self.live_until(now), other.live_until(now)) {
            (Some(_), Some(_)) => {
                Self { until: self.until.max(other.until), term: self.term.max(other.term) }
            }
            (Some(_), None) => self,
            (None, _) => other,
        }
    }
}
