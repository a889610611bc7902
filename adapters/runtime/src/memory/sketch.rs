//! A count-min sketch: counts hits without an entry for each key, when there is no room for another window.
//!
//! Each key has one cell in each of [`ROWS`] rows, shared with other keys of that hash; the minimum of its cells counts all
//! of its hits and perhaps some of others. It may over-count and so reject early; it never under-counts.
//!
//! Hits expire in epochs, each as long as the longest window that was counted here plus [`SKEW`]. A cell counts the current
//! epoch and the one before, so a hit counts for one to two epochs: never less than its window. A cell is updated to the
//! current epoch when it is next used, so that a new epoch costs nothing.

use std::time::Duration;

use portcullis_core::state::{Count, Quota};
use portcullis_core::time::Timestamp;

use super::fingerprint::Fingerprint;

/// The maximum clock skew of concurrent batches at which no entry expires early.
pub const SKEW: Duration = Duration::from_secs(5);

const ROWS: usize = 4;
const MIN_CELLS: usize = 64;

/// The epoch of the cell, its hits, and the hits of the epoch before.
type Cell = [u32; 3];

#[derive(Debug)]
pub(super) struct Sketch {
    /// The rows one after another, each with a power of two of cells.
    cells: Box<[Cell]>,
    epoch: u32,
    /// Length of an epoch in ms; zero while nothing is counted.
    length: u64,
    /// The end of the current epoch.
    epoch_end: u64,
}

impl Sketch {
    /// A sketch beside `windows` windows: a quarter as many cells in a row, rounded up.
    pub(super) fn new(windows: usize) -> Self {
        // Cells start in epoch 0 and the sketch two later: nothing is counted.
        Self { cells: vec![[0; 3]; ROWS * width(windows)].into(), epoch: 2, length: 0, epoch_end: 0 }
    }

    pub(super) fn heap_bytes(windows: usize) -> usize {
        ROWS * width(windows) * size_of::<Cell>()
    }

    /// Whether any hit of this key may be counted.
    pub(super) fn may_count(&mut self, name: Fingerprint, now: Timestamp) -> bool {
        self.advance_to(now.as_millis());
        self.length > 0 && self.estimate(name) != (0, 0)
    }

    /// Count `cost` hits, as a window does.
    pub(super) fn hit(&mut self, name: Fingerprint, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let now = now.as_millis();
        self.advance_to(now);
        if cost > 0 {
            self.extend_epochs(quota, now);
        }
        let (present, past) = self.estimate(name);
        let present = present.saturating_add(cost);
        let used = present.saturating_add(past);
        self.raise(name, present);
        let after = |epochs: u64| self.epoch_end.saturating_add(epochs * self.length);
        let retry_at = match quota.limit() {
            limit if used < limit => now,
            limit if present < limit => after(0),
            _ => after(1),
        };
        let reset_at = match (present, past) {
            (0, 0) => now,
            (0, _) => after(0),
            _ => after(1),
        };
        Count {
            within: used <= quota.limit(),
            used,
            limit: quota.limit(),
            retry_at: Timestamp::from_millis(retry_at),
            reset_at: Timestamp::from_millis(reset_at),
        }
    }

    /// Start a new epoch for each one that has ended at `now`.
    fn advance_to(&mut self, now: u64) {
        if self.length == 0 {
            return;
        }
        if now < self.epoch_end {
            // Only a clock that stepped back far leaves more than two epochs to go. Those cover what is counted.
            self.epoch_end = self.epoch_end.min(now.saturating_add(2 * self.length));
        } else if now - self.epoch_end < self.length {
            self.epoch = self.epoch.wrapping_add(1);
            self.epoch_end = self.epoch_end.saturating_add(self.length);
        } else {
            self.epoch = self.epoch.wrapping_add(2);
            self.length = 0;
        }
    }

    /// Make epochs long enough for the window of `quota`.
    fn extend_epochs(&mut self, quota: Quota, now: u64) {
        let needed = (quota.window() + SKEW).as_millis() as u64;
        if self.length == 0 {
            self.epoch_end = now.saturating_add(needed);
            self.length = needed;
        } else if needed > self.length {
            self.epoch_end = self.epoch_end.saturating_add(needed - self.length);
            self.length = needed;
        }
    }

    /// An upper bound of the hits of this key in the current epoch and in the one before.
    fn estimate(&self, name: Fingerprint) -> (u32, u32) {
        let cells = self.places(name).map(|place| self.aged(place));
        cells.iter().fold((u32::MAX, u32::MAX), |(present, past), [_, a, b]| (present.min(*a), past.min(*b)))
    }

    /// Raise every cell of this key to at least `present` in the current epoch. Cells that count more already include other
    /// keys and need not grow.
    fn raise(&mut self, name: Fingerprint, present: u32) {
        for place in self.places(name) {
            let [epoch, counted, past] = self.aged(place);
            self.cells[place] = [epoch, counted.max(present), past];
        }
    }

    /// A cell updated to the current epoch.
    fn aged(&self, place: usize) -> Cell {
        let [epoch, present, past] = self.cells[place];
        match self.epoch.wrapping_sub(epoch) {
            0 => [self.epoch, present, past],
            1 => [self.epoch, 0, present],
            _ => [self.epoch, 0, 0],
        }
    }

    fn places(&self, [a, b]: Fingerprint) -> [usize; ROWS] {
        let width = self.cells.len() / ROWS;
        let hashes = [a >> 32, b & 0xffff_ffff, b >> 32, a ^ b.rotate_left(17)];
        let mut row = 0;
        hashes.map(|hash| {
            let place = row + (hash as usize & (width - 1));
            row += width;
            place
        })
    }
}

fn width(windows: usize) -> usize {
    (windows / 4).max(MIN_CELLS).next_power_of_two()
}
