//! A sliding window in fixed space.
//!
//! Every hit is recorded before it is judged, also one that is refused, so a client that keeps hammering stays limited.
//! A hit at `t` counts until `t + window`, exclusive.
//!
//! - Limits up to [`EXACT_LIMIT`] are **exact**: the window keeps the instants of the newest [`EXACT_LIMIT`] hits, which
//!   is all that a verdict can depend on.
//! - Above, hits are kept in [`SLICES`] counters of `window / 31` each. A hit counts until its whole slice has left the
//!   window, so a client may be refused up to `window / 31` (3.3 %) longer than an exact log would, never less.
//!
//! Changing the quota of a live window (a reload) takes effect at once: what is known is carried over, and what is not
//! known is assumed against the client.
//!
//! Clocks: an instant up to one window before the newest hit counts as the newest (workers disagree by a little). A
//! larger step back moves the recorded hits with it, so the count survives and nobody is locked out for longer than one
//! window from the new present.

use core::time::Duration;

use super::{Count, Quota};
use crate::time::Timestamp;

/// Limits up to this are exact.
pub const EXACT_LIMIT: u32 = 32;
/// Counters of a window above [`EXACT_LIMIT`]: 31 full ones and the one being filled.
pub const SLICES: usize = 32;

const RING: usize = EXACT_LIMIT as usize;

/// The recorded hits of one counter. 160 bytes, no heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Instant of the newest hit; meaningless while nothing is recorded.
    newest: u64,
    /// The window the hits were recorded under, in ms: when they are all past it, the cell equals a fresh one.
    span: u32,
    hits: Hits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hits {
    /// Ages of the newest hits at the time of the newest, oldest overwritten first; `next` is where the next goes.
    Ring { len: u8, next: u8, before_newest: [u32; RING] },
    /// Hits per slice of `width` ms; the slice of `newest` is at index `newest / width % SLICES`.
    Slices { width: u32, counts: [u32; SLICES] },
}

impl Default for Window {
    fn default() -> Self {
        Self::fresh()
    }
}

impl Window {
    /// A window with nothing in it.
    #[must_use]
    pub const fn fresh() -> Self {
        Self { newest: 0, span: 0, hits: Hits::Ring { len: 0, next: 0, before_newest: [0; RING] } }
    }

    /// Whether this window is indistinguishable from a fresh one at `now`, so that forgetting it gives nobody budget.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let width = match &self.hits {
            Hits::Ring { len: 0, .. } => return true,
            Hits::Ring { .. } => 0,
            Hits::Slices { width, .. } => u64::from(*width),
        };
        // A newest hit far in the future is a clock that stepped back: those hits would be moved, not dropped.
        self.newest.saturating_add(u64::from(self.span)).saturating_add(width) <= now.as_millis()
    }

    /// Record `cost` hits at `now` and report the counter under `quota`. A cost of zero only looks.
    pub fn hit(&mut self, now: Timestamp, quota: Quota, cost: u32) -> Count {
        self.adopt(quota);
        let now = self.advance(now.as_millis());
        let before = self.live(now, quota);
        let within = before.saturating_add(cost) <= quota.limit();
        self.record(now, cost);
        let used = before.saturating_add(cost);
        let retry_at = if used < quota.limit() { now } else { self.retry_at(now, quota) };
        Count {
            within,
            used,
            limit: quota.limit(),
            retry_at: Timestamp::from_millis(retry_at),
            reset_at: Timestamp::from_millis(self.reset_at(now, quota)),
        }
    }

    /// Make the representation fit `quota`.
    fn adopt(&mut self, quota: Quota) {
        let exact = quota.limit() <= EXACT_LIMIT;
        let width = slice_width(quota);
        match &self.hits {
            Hits::Ring { .. } if exact => {}
            Hits::Slices { width: current, .. } if !exact && *current == width => {}
            Hits::Ring { .. } => self.slices_from_ring(width, quota),
            Hits::Slices { .. } if exact => self.ring_from_slices(),
            Hits::Slices { .. } => self.widen_slices(width),
        }
        self.span = quota.window_millis() as u32;
    }

    /// Bring `now` and the recorded hits onto one time line and return the instant to use.
    fn advance(&mut self, now: u64) -> u64 {
        let empty = matches!(self.hits, Hits::Ring { len: 0, .. });
        if empty || now >= self.newest {
            let from = if empty { now } else { self.newest };
            self.age(from, now);
            self.newest = now;
        } else if self.newest - now > u64::from(self.span) {
            self.rebase(now);
        }
        self.newest
    }

    /// Note that time passed from the newest hit to `now`.
    fn age(&mut self, newest: u64, now: u64) {
        match &mut self.hits {
            Hits::Ring { len, before_newest, .. } => {
                let passed = u32::try_from(now - newest).unwrap_or(u32::MAX);
                if passed > 0 && *len > 0 {
                    before_newest.iter_mut().for_each(|age| *age = age.saturating_add(passed));
                }
            }
            Hits::Slices { width, counts } => {
                let (old, new) = (newest / u64::from(*width), now / u64::from(*width));
                for slice in 1..=(new - old).min(SLICES as u64) {
                    counts[slot(old + slice)] = 0;
                }
            }
        }
    }

    /// The clock stepped back by more than a window: keep every hit at its distance from the newest, which becomes `now`.
    fn rebase(&mut self, now: u64) {
        if let Hits::Slices { width, counts } = &mut self.hits {
            let (old, new) = (self.newest / u64::from(*width), now / u64::from(*width));
            let shift = (slot(new) + SLICES - slot(old)) % SLICES;
            counts.rotate_right(shift);
        }
        self.newest = now;
    }

    fn live(&self, now: u64, quota: Quota) -> u32 {
        let window = quota.window_millis();
        match &self.hits {
            Hits::Ring { len, before_newest, .. } => {
                let live =
                    before_newest.iter().take(usize::from(*len)).filter(|age| u64::from(**age) < window);
                u32::try_from(live.count()).unwrap_or(u32::MAX)
            }
            Hits::Slices { width, counts } => {
                let newest = now / u64::from(*width);
                (0..SLICES as u64)
                    .filter(|back| {
                        slice_end(newest.saturating_sub(*back), *width).saturating_add(window) > now
                    })
                    .filter(|back| *back <= newest)
                    .fold(0_u32, |sum, back| sum.saturating_add(counts[slot(newest - back)]))
            }
        }
    }

    fn record(&mut self, now: u64, cost: u32) {
        match &mut self.hits {
            Hits::Ring { len, next, before_newest } => {
                for _ in 0..cost.min(EXACT_LIMIT) {
                    before_newest[usize::from(*next) % RING] = 0;
                    *next = (*next + 1) % RING as u8;
                    *len = (*len + 1).min(RING as u8);
                }
            }
            Hits::Slices { width, counts } => {
                let count = &mut counts[slot(now / u64::from(*width))];
                *count = count.saturating_add(cost);
            }
        }
    }

    /// When enough hits have left for one more to pass. Only asked when the limit is reached.
    fn retry_at(&self, now: u64, quota: Quota) -> u64 {
        let window = quota.window_millis();
        match &self.hits {
            Hits::Ring { len, next, before_newest } => {
                // The limit-th newest hit must leave.
                let back = usize::try_from(quota.limit()).unwrap_or(RING).min(usize::from(*len)).max(1);
                let age = before_newest[(usize::from(*next) + RING - back) % RING];
                now.saturating_add(window.saturating_sub(u64::from(age)))
            }
            Hits::Slices { width, counts } => {
                let newest = now / u64::from(*width);
                let mut sum = 0_u32;
                for back in 0..(SLICES as u64).min(newest + 1) {
                    sum = sum.saturating_add(counts[slot(newest - back)]);
                    if sum >= quota.limit() {
                        return slice_end(newest - back, *width).saturating_add(window);
                    }
                }
                now
            }
        }
    }

    fn reset_at(&self, now: u64, quota: Quota) -> u64 {
        let end = match &self.hits {
            Hits::Ring { .. } => now,
            Hits::Slices { width, .. } => slice_end(now / u64::from(*width), *width),
        };
        end.saturating_add(quota.window_millis())
    }

    /// A limit above [`EXACT_LIMIT`] from now on. A full ring may have forgotten older hits: assume as many as the new
    /// limit, at the instant of the oldest one known.
    fn slices_from_ring(&mut self, width: u32, quota: Quota) {
        let Hits::Ring { len, before_newest, .. } = &self.hits else { return };
        let mut counts = [0_u32; SLICES];
        let newest = self.newest / u64::from(width);
        let full = usize::from(*len) == RING;
        let oldest = before_newest.iter().take(usize::from(*len)).max().copied().unwrap_or(0);
        for age in before_newest.iter().take(usize::from(*len)) {
            let back = newest - (self.newest.saturating_sub(u64::from(*age))) / u64::from(width);
            if back < SLICES as u64 {
                let weight = if full && *age == oldest { quota.limit() } else { 1 };
                let count = &mut counts[slot(newest - back)];
                *count = count.saturating_add(weight);
            }
        }
        self.hits = Hits::Slices { width, counts };
    }

    /// A limit of at most [`EXACT_LIMIT`] from now on: each counted hit at the last instant it can have happened.
    fn ring_from_slices(&mut self) {
        let Hits::Slices { width, counts } = &self.hits else { return };
        let mut ages = [0_u32; RING];
        let mut len = 0;
        let newest = self.newest / u64::from(*width);
        'slices: for back in 0..(SLICES as u64).min(newest + 1) {
            let end = slice_end(newest - back, *width).min(self.newest);
            for _ in 0..counts[slot(newest - back)].min(EXACT_LIMIT) {
                if len == RING {
                    break 'slices;
                }
                ages[len] = u32::try_from(self.newest - end).unwrap_or(u32::MAX);
                len += 1;
            }
        }
        // Oldest first, so that the ring overwrites in order.
        ages[..len].reverse();
        self.hits = Hits::Ring { len: len as u8, next: (len % RING) as u8, before_newest: ages };
    }

    /// Another window length: each counted hit at the last instant it can have happened.
    fn widen_slices(&mut self, width: u32) {
        let Hits::Slices { width: old_width, counts: old } = &self.hits else { return };
        let mut counts = [0_u32; SLICES];
        let (old_newest, newest) = (self.newest / u64::from(*old_width), self.newest / u64::from(width));
        for back in 0..(SLICES as u64).min(old_newest + 1) {
            let end = slice_end(old_newest - back, *old_width).min(self.newest);
            let moved = newest - end / u64::from(width);
            if moved < SLICES as u64 {
                let count = &mut counts[slot(newest - moved)];
                *count = count.saturating_add(old[slot(old_newest - back)]);
            }
        }
        self.hits = Hits::Slices { width, counts };
    }
}

fn slice_width(quota: Quota) -> u32 {
    u32::try_from(quota.window_millis().div_ceil(SLICES as u64 - 1)).unwrap_or(u32::MAX).max(1)
}

/// The last instant inside a slice.
const fn slice_end(slice: u64, width: u32) -> u64 {
    slice.saturating_add(1).saturating_mul(width as u64) - 1
}

const fn slot(slice: u64) -> usize {
    (slice % SLICES as u64) as usize
}

/// How much longer than an exact log a window above [`EXACT_LIMIT`] may refuse.
#[must_use]
pub fn error_bound(quota: Quota) -> Duration {
    if quota.limit() <= EXACT_LIMIT {
        Duration::ZERO
    } else {
        Duration::from_millis(slice_width(quota).into())
    }
}
