//! Counting without names: where hits go when there is no room for another window.
//!
//! A count-min sketch. Each key has one cell in each of [`ROWS`] rows, shared with whoever else hashes there; the least
//! of its cells counts all of its hits and perhaps some of others. It may over-count and so refuse early; it never
//! under-counts.
//!
//! Hits leave in epochs, each as long as the longest window that was counted here plus [`SKEW`]. A cell counts the
//! present epoch and the one before, so a hit is remembered for one to two epochs: never less than its window. Cells
//! learn that an epoch has passed when they are next touched, so that turning the page costs nothing.

use portcullis_core::state::{Count, Quota};
use portcullis_core::time::Timestamp;

use super::SKEW;
use super::session::Fingerprint;

const ROWS: usize = 4;
const FEWEST_CELLS: usize = 64;

/// Epoch of the cell, hits in it, hits in the one before.
type Cell = [u32; 3];

#[derive(Debug)]
pub(super) struct Sketch {
    /// The rows one after another, a power of two of cells each.
    cells: Box<[Cell]>,
    epoch: u32,
    /// Length of an epoch in ms; zero while nothing is remembered.
    length: u64,
    /// When the present epoch ends.
    turn: u64,
}

impl Sketch {
    /// A sketch beside `windows` windows: a quarter as many cells in a row, rounded up.
    pub(super) fn new(windows: usize) -> Self {
        // Cells start in epoch 0 and the sketch two later: nothing is remembered.
        Self { cells: vec![[0; 3]; ROWS * width(windows)].into(), epoch: 2, length: 0, turn: 0 }
    }

    pub(super) fn heap_bytes(windows: usize) -> usize {
        ROWS * width(windows) * size_of::<Cell>()
    }

    /// Whether any hit of this key may be remembered.
    pub(super) fn knows(&mut self, name: Fingerprint, now: Timestamp) -> bool {
        self.turn_to(now.as_millis());
        self.length > 0 && self.estimate(name) != (0, 0)
    }

    /// Count `cost` hits, as a window would.
    pub(super) fn hit(&mut self, name: Fingerprint, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let now = now.as_millis();
        self.turn_to(now);
        if cost > 0 {
            self.remember_for(quota, now);
        }
        let (present, past) = self.estimate(name);
        let present = present.saturating_add(cost);
        let used = present.saturating_add(past);
        self.raise(name, present);
        let after = |epochs: u64| self.turn.saturating_add(epochs * self.length);
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

    /// Let the epochs pass that are over at `now`.
    fn turn_to(&mut self, now: u64) {
        if self.length == 0 {
            return;
        }
        if now < self.turn {
            // Only a clock that stepped back far leaves more than two epochs to go. Those cover what is remembered.
            self.turn = self.turn.min(now.saturating_add(2 * self.length));
        } else if now - self.turn < self.length {
            self.epoch = self.epoch.wrapping_add(1);
            self.turn = self.turn.saturating_add(self.length);
        } else {
            self.epoch = self.epoch.wrapping_add(2);
            self.length = 0;
        }
    }

    /// Make epochs long enough for the window of `quota`.
    fn remember_for(&mut self, quota: Quota, now: u64) {
        let needed = (quota.window() + SKEW).as_millis() as u64;
        if self.length == 0 {
            self.turn = now.saturating_add(needed);
            self.length = needed;
        } else if needed > self.length {
            self.turn = self.turn.saturating_add(needed - self.length);
            self.length = needed;
        }
    }

    /// At least the hits of this key in the present epoch and in the one before.
    fn estimate(&self, name: Fingerprint) -> (u32, u32) {
        let cells = self.places(name).map(|place| self.aged(place));
        cells.iter().fold((u32::MAX, u32::MAX), |(present, past), [_, a, b]| (present.min(*a), past.min(*b)))
    }

    /// Let every cell of this key count at least `present` in the present epoch. Cells that count more already do so for
    /// others and need not grow.
    fn raise(&mut self, name: Fingerprint, present: u32) {
        for place in self.places(name) {
            let [epoch, counted, past] = self.aged(place);
            self.cells[place] = [epoch, counted.max(present), past];
        }
    }

    /// A cell as it is in the present epoch.
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
    (windows / 4).max(FEWEST_CELLS).next_power_of_two()
}
