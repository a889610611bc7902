//! A sliding window in fixed space.
//!
//! Every hit is recorded before it is compared with the limit, rejected ones included, so that a client that keeps
//! sending stays limited. A hit at `t` counts until `t + window`, exclusive.
//!
//! - Limits up to [`EXACT_LIMIT`] are **exact**: the window stores the instants of the newest `EXACT_LIMIT + 1`
//!   hits, which determine every reply.
//! - Above, hits are stored in [`SLICES`] counters of `window / 31` each. A hit counts until its whole slice has left
//!   the window, so a client may be rejected up to `window / 31` (3.3 %) longer than with an exact log, never shorter.
//!
//! A change of the quota of a live window (a reload) takes effect at once. Every hit in the old form is converted, at
//! the latest instant it can have happened; a raised limit assumes that hits beyond the capacity of the ring exhausted
//! it. Hits that had left the old window are not restored: a longer window starts from the hits in the old one.
//!
//! Clocks: an instant up to one window before the newest hit counts as the newest (worker clocks differ slightly). A
//! larger step back moves the recorded hits with it, so that the count is kept and no client is locked out for longer
//! than one window from the new present. Moving sliced hits, for a clock or for a quota, rounds each up once more. A
//! hit of cost zero does not change the window.

use core::time::Duration;

use super::{Count, Quota};
use crate::time::{Timestamp, millis};

/// Limits up to this are exact.
pub const EXACT_LIMIT: u32 = RING as u32 - 1;
/// Counters of a window above [`EXACT_LIMIT`]: 31 full ones and the one in use.
pub const SLICES: usize = 32;

/// One more than the largest exact limit, to distinguish a counter at its limit from one beyond it.
const RING: usize = 32;
/// The age of an empty lane, or of a hit older than every window.
const NEVER: u32 = u32::MAX;

/// The recorded hits of one counter. 152 bytes, no heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Instant of the newest hit; undefined while no hit is recorded.
    newest: u64,
    /// The window of the recorded hits in ms: when all hits are older, the window equals a fresh one.
    span: u32,
    hits: Hits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hits {
    /// Ages of the newest hits relative to the newest; `next` is the oldest, which the next hit overwrites.
    Ring { next: u8, ages: [u32; RING] },
    /// Hits per slice of `width` ms; the slice of `newest` is at index `newest / width % SLICES`.
    Slices { width: u32, counts: [u32; SLICES] },
}

impl Default for Window {
    fn default() -> Self {
        Self::fresh()
    }
}

impl Window {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const BYTES: usize = 16 + 4 * RING;

    /// An empty window.
    #[must_use]
    pub const fn fresh() -> Self {
        Self { newest: 0, span: 0, hits: Hits::Ring { next: 0, ages: [NEVER; RING] } }
    }

    /// Whether this window equals a fresh one from `now` on, for quotas with a window no longer than the last one, so
    /// that dropping it does not grant any client budget.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let width = match &self.hits {
            Hits::Ring { .. } => 0,
            Hits::Slices { width, .. } => u64::from(*width),
        };
        // After a clock stepped back the newest hit is far in the future: such hits are moved, not dropped.
        let end = self.newest.saturating_add(u64::from(self.span)).saturating_add(width);
        self.is_empty() || end <= now.as_millis()
    }

    /// The instant of the newest hit, and the length of the window in which it was counted; `None` while no hit is recorded.
    ///
    /// For stores that move windows elsewhere: from one length after that instant on, no recorded hit counts.
    #[must_use]
    pub fn newest(&self) -> Option<(Timestamp, Duration)> {
        let span = Duration::from_millis(self.span.into());
        (!self.is_empty()).then_some((Timestamp::from_millis(self.newest), span))
    }

    /// Whether each hit has its instant: the last limit was at most [`EXACT_LIMIT`].
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        matches!(self.hits, Hits::Ring { .. })
    }

    /// If the clock stepped back by more than the window, move the hits to `now`, as the next hit would.
    ///
    /// For stores that drop fresh windows: otherwise one wrong clock reading would keep windows for as long as the
    /// clock was wrong by.
    pub fn settle(&mut self, now: Timestamp) {
        let now = now.as_millis();
        if !self.is_empty() && self.newest.saturating_sub(now) > u64::from(self.span) {
            self.rebase(now);
        }
    }

    /// The window as bytes, for a remote store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let (repr, lanes) = match &self.hits {
            Hits::Ring { next, ages } => (u32::from(*next), ages),
            // Distinct from every index into a ring.
            Hits::Slices { width, counts } => (RING as u32 + width, counts),
        };
        let newest = [self.newest as u32, (self.newest >> 32) as u32];
        let words = newest.into_iter().chain([self.span, repr]).chain(lanes.iter().copied());
        let mut bytes = [0; Self::BYTES];
        for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// The window that [`to_bytes`](Self::to_bytes) encoded; `None` for other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (words, _) = bytes.as_chunks();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let newest = u64::from(words.next()?) | u64::from(words.next()?) << 32;
        let (span, repr) = (words.next()?, words.next()?);
        let mut lanes = [0; RING];
        lanes.iter_mut().zip(words).for_each(|(lane, word)| *lane = word);
        let max_window = millis(Quota::MAX_WINDOW);
        let hits = match repr.checked_sub(RING as u32) {
            None => Hits::Ring { next: u8::try_from(repr).ok()?, ages: lanes },
            Some(width) if (1..=max_window).contains(&u64::from(width)) => {
                Hits::Slices { width, counts: lanes }
            }
            Some(_) => return None,
        };
        (u64::from(span) <= max_window).then_some(Self { newest, span, hits })
    }

    /// Record `cost` hits at `now` and return the counter under `quota`. A cost of zero changes nothing.
    pub fn hit(&mut self, quota: Quota, cost: u32, now: Timestamp) -> Count {
        if cost == 0 {
            return self.clone().count(now, quota, 0);
        }
        self.count(now, quota, cost)
    }

    fn count(&mut self, now: Timestamp, quota: Quota, cost: u32) -> Count {
        self.convert_for(quota);
        let now = self.advance(now.as_millis());
        let before = self.live(now, quota);
        let used = before.saturating_add(cost);
        self.record(now, cost);
        let retry_at = if used < quota.limit() { now } else { self.expires_at(now, quota, quota.limit()) };
        let reset_at = if used == 0 { now } else { self.expires_at(now, quota, 1) };
        Count {
            within: used <= quota.limit(),
            used,
            limit: quota.limit(),
            retry_at: Timestamp::from_millis(retry_at),
            reset_at: Timestamp::from_millis(reset_at),
        }
    }

    /// Convert the representation to that of `quota`.
    fn convert_for(&mut self, quota: Quota) {
        let exact = quota.limit() <= EXACT_LIMIT;
        let width = slice_width(quota);
        match &self.hits {
            Hits::Ring { .. } if exact => {}
            Hits::Slices { width: current, .. } if !exact && *current == width => {}
            Hits::Ring { .. } => self.slices_from_ring(width),
            Hits::Slices { .. } if exact => self.ring_from_slices(),
            Hits::Slices { .. } => self.move_slices(width, self.newest),
        }
        self.span = quota.window_millis() as u32;
    }

    /// Age the hits to `now`, or handle a clock that stepped back, and return the instant to use.
    fn advance(&mut self, now: u64) -> u64 {
        if self.is_empty() {
            self.newest = now;
        } else if now >= self.newest {
            self.age(now);
        } else if self.newest - now > u64::from(self.span) {
            self.rebase(now);
        }
        self.newest
    }

    /// Whether a ring has no hit inside any window. Always false for slices, which would need a scan.
    fn is_empty(&self) -> bool {
        matches!(&self.hits, Hits::Ring { next, ages } if ages[newest_lane(*next)] == NEVER)
    }

    /// Add the time from the newest hit to `now` to all ages. A loop without branches, which the compiler vectorises.
    fn age(&mut self, now: u64) {
        match &mut self.hits {
            Hits::Ring { ages, .. } => {
                let passed = u32::try_from(now - self.newest).unwrap_or(NEVER);
                ages.iter_mut().for_each(|age| *age = age.saturating_add(passed));
            }
            Hits::Slices { width, counts } => {
                let (old, new) = (self.newest / u64::from(*width), now / u64::from(*width));
                for slice in 1..=(new - old).min(SLICES as u64) {
                    counts[slot(old + slice)] = 0;
                }
            }
        }
        self.newest = now;
    }

    /// The clock stepped back by more than a window: keep the distance of every hit to the newest, which becomes `now`.
    fn rebase(&mut self, now: u64) {
        if let Hits::Slices { width, .. } = &self.hits {
            self.move_slices(*width, now);
        }
        self.newest = now;
    }

    /// Hits inside the window that ends at `now`, the instant of the newest.
    fn live(&self, now: u64, quota: Quota) -> u32 {
        match &self.hits {
            Hits::Ring { ages, .. } => {
                ages.iter().map(|age| u32::from(*age < quota.window_millis() as u32)).sum()
            }
            Hits::Slices { width, counts } => {
                // A slice is live while its last instant is: `live` of them, counted back from the one in use.
                let width = u64::from(*width);
                let left_of_newest = width - 1 - now % width;
                let live = (quota.window_millis() + left_of_newest).div_ceil(width);
                let newest = slot(now / width);
                let sum = counts.iter().enumerate().map(|(index, count)| {
                    let back = (newest + SLICES - index) % SLICES;
                    if (back as u64) < live { u64::from(*count) } else { 0 }
                });
                u32::try_from(sum.sum::<u64>()).unwrap_or(u32::MAX)
            }
        }
    }

    fn record(&mut self, now: u64, cost: u32) {
        match &mut self.hits {
            Hits::Ring { next, ages } => {
                for _ in 0..cost.min(RING as u32) {
                    ages[usize::from(*next) % RING] = 0;
                    *next = (*next + 1) % RING as u8;
                }
            }
            Hits::Slices { width, counts } => {
                let count = &mut counts[slot(now / u64::from(*width))];
                *count = count.saturating_add(cost);
            }
        }
    }

    /// When the `nth` newest hit leaves the window. Requires at least `nth` live hits.
    fn expires_at(&self, now: u64, quota: Quota, nth: u32) -> u64 {
        let window = quota.window_millis();
        match &self.hits {
            Hits::Ring { next, ages } => {
                let back = usize::try_from(nth).unwrap_or(RING).clamp(1, RING);
                let age = ages[(usize::from(*next) + RING - back) % RING];
                now.saturating_add(window.saturating_sub(u64::from(age)))
            }
            Hits::Slices { width, counts } => {
                let newest = now / u64::from(*width);
                let mut sum = 0_u32;
                for back in 0..(SLICES as u64).min(newest.saturating_add(1)) {
                    sum = sum.saturating_add(counts[slot(newest - back)]);
                    if sum >= nth {
                        return slice_end(newest - back, *width).saturating_add(window);
                    }
                }
                now
            }
        }
    }

    /// Convert to a limit above [`EXACT_LIMIT`]. A full ring may have dropped older hits: assume more than any limit
    /// allows, at the instant of the oldest one stored.
    fn slices_from_ring(&mut self, width: u32) {
        let Hits::Ring { next, ages } = &self.hits else { return };
        let mut counts = [0_u32; SLICES];
        let newest = self.newest / u64::from(width);
        for (lane, age) in ages.iter().enumerate().filter(|(_, age)| **age != NEVER) {
            let back = newest - self.newest.saturating_sub(u64::from(*age)) / u64::from(width);
            if back < SLICES as u64 {
                let oldest_of_full = lane == usize::from(*next);
                let count = &mut counts[slot(newest - back)];
                *count = count.saturating_add(if oldest_of_full { u32::MAX } else { 1 });
            }
        }
        if self.is_empty() {
            self.newest = 0;
        }
        self.hits = Hits::Slices { width, counts };
    }

    /// Convert to a limit of at most [`EXACT_LIMIT`]: each hit at the latest instant it can have happened.
    fn ring_from_slices(&mut self) {
        let Hits::Slices { width, counts } = &self.hits else { return };
        let mut ages = [NEVER; RING];
        let mut lanes = ages.iter_mut().rev();
        let newest = self.newest / u64::from(*width);
        // Newest into the last lane, so that lane 0 is the oldest and is overwritten first.
        'slices: for back in 0..(SLICES as u64).min(newest.saturating_add(1)) {
            let end = slice_end(newest - back, *width).min(self.newest);
            for _ in 0..counts[slot(newest - back)].min(RING as u32) {
                let Some(lane) = lanes.next() else { break 'slices };
                *lane = u32::try_from(self.newest - end).unwrap_or(NEVER);
            }
        }
        self.hits = Hits::Ring { next: 0, ages };
    }

    /// Convert to slices of another width or to another present: each hit keeps the least distance to the newest that
    /// it can have had. Slices are aligned to the epoch, so they cannot simply be shifted.
    fn move_slices(&mut self, width: u32, now: u64) {
        let Hits::Slices { width: old_width, counts: old } = &self.hits else { return };
        let mut counts = [0_u32; SLICES];
        let (old_newest, newest) = (self.newest / u64::from(*old_width), now / u64::from(width));
        for back in 0..(SLICES as u64).min(old_newest.saturating_add(1)) {
            let distance = self.newest.saturating_sub(slice_end(old_newest - back, *old_width));
            let moved = newest - now.saturating_sub(distance) / u64::from(width);
            if moved < SLICES as u64 {
                let count = &mut counts[slot(newest - moved)];
                *count = count.saturating_add(old[slot(old_newest - back)]);
            }
        }
        self.hits = Hits::Slices { width, counts };
    }
}

const fn newest_lane(next: u8) -> usize {
    (next as usize + RING - 1) % RING
}

fn slice_width(quota: Quota) -> u32 {
    u32::try_from(quota.window_millis().div_ceil(SLICES as u64 - 1)).unwrap_or(u32::MAX).max(1)
}

/// The last instant inside a slice.
const fn slice_end(slice: u64, width: u32) -> u64 {
    slice.saturating_mul(width as u64).saturating_add(width as u64 - 1)
}

const fn slot(slice: u64) -> usize {
    (slice % SLICES as u64) as usize
}

/// How much longer than with an exact log a window above [`EXACT_LIMIT`] may reject.
#[must_use]
pub fn error_bound(quota: Quota) -> Duration {
    if quota.limit() <= EXACT_LIMIT {
        Duration::ZERO
    } else {
        Duration::from_millis(slice_width(quota).into())
    }
}
