//! Counts of a store, for operators.

/// The entries of a store, and what it evicted or rejected to stay within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStats {
    /// Windows, expired ones that are not yet evicted included.
    pub windows: u64,
    /// Windows that were evicted to make room; each equalled a new one.
    pub evicted: u64,
    /// Hits that were counted in a sketch, because no window was free. A rise means a flood, or that `max_windows` is too
    /// small.
    pub sketched: u64,
    /// Bans, expired ones that are not yet removed included.
    pub bans: u64,
    /// Bans that were rejected at the capacity for bans.
    pub bans_rejected: u64,
}
