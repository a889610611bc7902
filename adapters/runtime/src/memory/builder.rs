//! The size of a store in entries and bytes.

use std::sync::Mutex;

use super::fingerprint::Secret;
use super::occupancy::OccupancyWarning;
use super::prefixes::Prefixes;
use super::shard::Shard;
use super::store::{MemoryStore, PaddedShard};

const MAX_SHARDS: usize = 1024;
/// The default maximum number of windows: a million clients, and a margin because shards do not fill evenly.
const MAX_WINDOWS: usize = 1 << 20;
/// The default maximum number of bans.
const MAX_BANS: usize = 100_000;
/// The maximum number of windows or bans of a store: slot numbers have 32 bits.
const MAX_ENTRIES: usize = 1 << 30;

/// The size of a [`MemoryStore`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryStoreBuilder {
    max_windows: usize,
    max_bans: usize,
    shards: usize,
    max_bytes: Option<usize>,
}

impl Default for MemoryStoreBuilder {
    fn default() -> Self {
        Self { max_windows: MAX_WINDOWS, max_bans: MAX_BANS, shards: 16, max_bytes: None }
    }
}

impl MemoryStoreBuilder {
    /// The maximum number of windows: clients times rules. Default: 1,048,576, for a million clients under one limit. Each
    /// shard gets an equal part, rounded up. A window takes [`MemoryStore::BYTES_PER_WINDOW`] bytes, once it is in use.
    #[must_use]
    pub const fn max_windows(mut self, windows: usize) -> Self {
        self.max_windows = windows;
        self.max_bytes = None;
        self
    }

    /// The maximum number of bans. Default: 100,000. Each shard gets an equal part, rounded up, so that the first shard may
    /// reject a ban a few percent before the number is reached.
    #[must_use]
    pub const fn max_bans(mut self, bans: usize) -> Self {
        self.max_bans = bans;
        self
    }

    /// The number of shards and locks, rounded up to a power of two of at most 1024. Default: 16. A few per core are enough.
    #[must_use]
    pub const fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// As many windows as fit into `limit` bytes beside the bans; replaces [`max_windows`](Self::max_windows). Default: no
    /// limit in bytes. A window takes 225 to 256 bytes, its part of the sketches included. Each shard has at least one window
    /// and one ban, even where that exceeds the limit: compare with [`MemoryStore::max_bytes`].
    #[must_use]
    pub const fn max_bytes(mut self, limit: usize) -> Self {
        self.max_bytes = Some(limit);
        self
    }

    /// The store. It is small until clients arrive: all tables grow on demand.
    #[must_use]
    pub fn build(self) -> MemoryStore {
        let shards = self.shards.clamp(1, MAX_SHARDS).next_power_of_two();
        let bans = self.max_bans.clamp(1, MAX_ENTRIES).div_ceil(shards);
        let windows = match self.max_bytes {
            Some(limit) => max_windows_within(shards, bans, limit),
            None => self.max_windows.clamp(1, MAX_ENTRIES).div_ceil(shards),
        };
        MemoryStore {
            shards: (0..shards).map(|_| PaddedShard(Mutex::new(Shard::new(windows, bans)))).collect(),
            prefixes: Prefixes::default(),
            secret: Secret::random(),
            warning: OccupancyWarning::default(),
            max_bytes: bytes(shards, windows, bans),
            max_bans: (shards * bans) as u64,
        }
    }
}

fn bytes(shards: usize, windows: usize, bans: usize) -> usize {
    size_of::<MemoryStore>() + shards * (size_of::<PaddedShard>() + Shard::max_heap_bytes(windows, bans))
}

/// The maximum number of windows of a shard within `limit` bytes for all shards, by bisection: the size grows with it.
fn max_windows_within(shards: usize, bans: usize, limit: usize) -> usize {
    let (mut fits, mut exceeds) = (1, MAX_ENTRIES / shards + 1);
    while exceeds - fits > 1 {
        let middle = fits + (exceeds - fits) / 2;
        if bytes(shards, middle, bans) <= limit { fits = middle } else { exceeds = middle }
    }
    fits
}
