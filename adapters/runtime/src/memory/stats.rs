//! Counts of a store, for operators.

use std::ops::AddAssign;

/// The entries of a store, and what it evicted, moved or rejected to stay within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStats {
    /// Windows, expired ones that are not yet evicted included. New clients evict them, so that few remain.
    pub windows: u64,
    /// The maximum number of windows.
    pub max_windows: u64,
    /// Windows that were evicted to make room; each equalled a new one.
    pub evicted: u64,
    /// Windows that were moved to a sketch to make room for clients of networks with fewer windows, or for an exact limit.
    /// A rise means a flood, or that `max_windows` is too small.
    pub moved: u64,
    /// Hits that were counted in a sketch, because no window was free. A rise means a flood, or that `max_windows` is too
    /// small.
    pub sketched: u64,
    /// Bans, expired ones that are not yet removed included.
    pub bans: u64,
    /// The maximum number of bans.
    pub max_bans: u64,
    /// Bans that were rejected at the capacity for bans.
    pub bans_rejected: u64,
    /// The bytes that are allocated for all of these; they are kept for later entries.
    pub bytes: u64,
}

impl AddAssign for MemoryStats {
    fn add_assign(&mut self, other: Self) {
        self.windows += other.windows;
        self.max_windows += other.max_windows;
        self.evicted += other.evicted;
        self.moved += other.moved;
        self.sketched += other.sketched;
        self.bans += other.bans;
        self.max_bans += other.max_bans;
        self.bans_rejected += other.bans_rejected;
        self.bytes += other.bytes;
    }
}
