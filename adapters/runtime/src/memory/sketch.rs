//! A count-min sketch: counts hits without an entry for each key, when there is no room for another window.
//!
//! Each key has one cell in each of [`ROWS`] rows, shared with other keys of that hash; the minimum of its cells counts all
//! of its hits and perhaps some of others. It may over-count and so reject early; it never under-counts. A hit raises no
//! cell above what its own key needs (conservative update: Estan and Varghese, 2002).
//!
//! The rows differ in how a key finds its cell. In two of them it is anywhere in the row, so that many clients spread over
//! all cells. In three others a row has a region of [`REGION`] cells for each /16 (IPv4) or /32 (IPv6), and in the last two
//! for each /24 or /48: a flood from one network fills regions of its own and leaves the others as they are. Networks share
//! regions by their hash; a client is counted with a flood only where all of its regions are also the flood's: with `n`
//! flooding networks, for `(n * REGION / cells of a row)^3` of the other networks.
//!
//! Hits expire in epochs, each as long as the longest window that was counted here plus [`SKEW`]. A cell counts the current
//! epoch and the one before, so a hit counts for one to two epochs: never less than its window. A cell is updated to the
//! current epoch when it is next used, so that a new epoch costs nothing.

use std::time::Duration;

use portcullis_core::state::{Count, Quota};
use portcullis_core::time::Timestamp;

use super::fingerprint::Fingerprint;
use super::networks::{Networks, place};

/// The maximum clock skew of concurrent batches at which no entry expires early.
pub const SKEW: Duration = Duration::from_secs(5);

const ROWS: usize = 7;
const MIN_CELLS: usize = 64;
/// The cells of a network's region in a row.
const REGION: usize = 4;
/// The factors of the rows with regions for the same network (MurmurHash3).
const FACTORS: [u32; 3] = [0xcc9e_2d51, 0x1b87_3593, 0x85eb_ca6b];

/// The epoch of the cell, its hits, and the hits of the epoch before.
type Cell = [u32; 3];

/// A key of the sketch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) name: Fingerprint,
    pub(super) networks: Networks,
}

#[derive(Debug)]
pub(super) struct Sketch {
    /// The rows one after another, each with `width` cells. Allocated when the first hit is counted.
    cells: Vec<Cell>,
    /// A power of two.
    width: usize,
    epoch: u32,
    /// Length of an epoch in ms; zero while nothing is counted.
    length: u64,
    /// The end of the current epoch.
    epoch_end: u64,
}

impl Sketch {
    /// A sketch beside `windows` windows: a sixteenth as many cells in a row, rounded up.
    pub(super) const fn new(windows: usize) -> Self {
        // Cells start in epoch 0 and the sketch two later: nothing is counted.
        Self { cells: Vec::new(), width: width(windows), epoch: 2, length: 0, epoch_end: 0 }
    }

    pub(super) const fn max_heap_bytes(windows: usize) -> usize {
        ROWS * width(windows) * size_of::<Cell>()
    }

    pub(super) const fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
    }

    /// Whether any hit of any key is counted.
    pub(super) const fn is_counting(&mut self, now: Timestamp) -> bool {
        self.advance_to(now.as_millis());
        self.length > 0
    }

    /// An upper bound of the hits of this key that are counted.
    pub(super) fn used(&mut self, key: Identity, now: Timestamp) -> u32 {
        if !self.is_counting(now) {
            return 0;
        }
        let (present, past) = self.estimate(key);
        present.saturating_add(past)
    }

    /// Count at least `used` hits of this key, as in the window of `length` that ends at `now`.
    pub(super) fn count_at_least(&mut self, key: Identity, length: Duration, used: u32, now: Timestamp) {
        let now = now.as_millis();
        self.advance_to(now);
        self.extend_epochs(length, now);
        self.raise(key, used);
    }

    /// Count `cost` hits, as a window does.
    pub(super) fn hit(&mut self, key: Identity, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let now = now.as_millis();
        self.advance_to(now);
        if cost > 0 {
            self.extend_epochs(quota.window(), now);
        }
        let (present, past) = self.estimate(key);
        let present = present.saturating_add(cost);
        let used = present.saturating_add(past);
        if cost > 0 {
            self.raise(key, present);
        }
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
    const fn advance_to(&mut self, now: u64) {
        if self.length == 0 {
            return;
        }
        if now < self.epoch_end {
            // Only a clock that stepped back far leaves more than two epochs to go. Those cover what is counted.
            let latest = now.saturating_add(2 * self.length);
            if latest < self.epoch_end {
                self.epoch_end = latest;
            }
        } else if now - self.epoch_end < self.length {
            self.epoch = self.epoch.wrapping_add(1);
            self.epoch_end = self.epoch_end.saturating_add(self.length);
        } else {
            self.epoch = self.epoch.wrapping_add(2);
            self.length = 0;
        }
    }

    /// Make epochs long enough for a window of `length`.
    fn extend_epochs(&mut self, length: Duration, now: u64) {
        if self.cells.is_empty() {
            self.cells = vec![[0; 3]; ROWS * self.width];
        }
        let needed = (length + SKEW).as_millis() as u64;
        if self.length == 0 {
            self.epoch_end = now.saturating_add(needed);
            self.length = needed;
        } else if needed > self.length {
            self.epoch_end = self.epoch_end.saturating_add(needed - self.length);
            self.length = needed;
        }
    }

    /// An upper bound of the hits of this key in the current epoch and in the one before.
    fn estimate(&self, key: Identity) -> (u32, u32) {
        if self.length == 0 {
            return (0, 0);
        }
        let cells = self.places(key).map(|place| self.aged(place));
        cells.iter().fold((u32::MAX, u32::MAX), |(present, past), [_, a, b]| (present.min(*a), past.min(*b)))
    }

    /// Raise every cell of this key to at least `present` in the current epoch. Cells that count more already include other
    /// keys and need not grow.
    fn raise(&mut self, key: Identity, present: u32) {
        for place in self.places(key) {
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

    fn places(&self, Identity { name: [a, b], networks }: Identity) -> [usize; ROWS] {
        let (mask, in_region) = (self.width - 1, REGION - 1);
        let region = |network, row: usize| REGION * place(network, FACTORS[row], self.width / REGION);
        // The low bits of `a` select a bucket of the table of windows, the high ones of `b` a shard.
        let places = [
            (a >> 32) as usize & mask,
            b as usize & mask,
            region(networks.wide, 0) | (a >> 54) as usize & in_region,
            region(networks.wide, 1) | (b >> 32) as usize & in_region,
            region(networks.wide, 2) | (b >> 34) as usize & in_region,
            region(networks.narrow, 0) | (a >> 58) as usize & in_region,
            region(networks.narrow, 1) | (b >> 40) as usize & in_region,
        ];
        let mut row = 0;
        places.map(|place| {
            let place = row + place;
            row += self.width;
            place
        })
    }
}

const fn width(windows: usize) -> usize {
    let cells = (windows / 16).next_power_of_two();
    if cells < MIN_CELLS { MIN_CELLS } else { cells }
}
