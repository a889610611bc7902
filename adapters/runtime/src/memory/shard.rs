//! One shard: its windows, its sketches and its bans. Each operation runs under one lock and is bounded work.

use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::ban::BanRecord;
use portcullis_core::state::window::{EXACT_LIMIT, Window};
use portcullis_core::state::{Count, Quota};
use portcullis_core::time::Timestamp;

use super::fingerprint::Fingerprint;
use super::networks::{NetworkCounts, Networks, Share};
use super::occupancy::OccupancyWarning;
use super::sketch::{Identity, SKEW, Sketch};
use super::stats::MemoryStats;
use super::table::Table;

/// Slots that each insertion checks for an expired entry.
const STEPS: usize = 8;
/// Random slots that an insertion into a full table compares, to find one of a network with more windows.
const CANDIDATES: usize = 16;
/// A shard with fewer slots, and less than half of its capacity, grows before it evicts expired windows.
const EVICT_FROM: usize = 1024;

/// The tiers of window lengths that share a sketch: up to five minutes, up to six hours, longer. A sketch keeps every hit
/// for as long as the longest window it counts. A reload that moves a rule to another tier while the store is full starts
/// the rule's sketched counters at zero; so does one that changes whether its limit is exact.
const TIERS: [Duration; 2] = [Duration::from_secs(5 * 60), Duration::from_secs(6 * 3600)];
/// A sketch of each tier for exact limits, and one for the others: a crowd that is counted under a lax limit must not use
/// the few hits of a strict one.
const SKETCHES: usize = 2 * (TIERS.len() + 1);

/// The window of a counter, and the networks of its client.
struct Entry {
    window: Window,
    networks: Networks,
}

pub(super) struct Shard {
    windows: Table<Fingerprint, Entry>,
    counts: NetworkCounts,
    sketches: [Sketch; SKETCHES],
    bans: Table<IpNet, BanRecord>,
    evicted: u64,
    moved: u64,
    sketched: u64,
    bans_rejected: u64,
    /// A new counter came when most windows were in use.
    is_crowded: bool,
}

/// The result of a ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BanInsertion {
    /// A new entry.
    Stored,
    /// Merged into the entry that was there.
    Merged,
    /// Not stored: no room, or a term of zero.
    Rejected,
}

/// The result of the lookup of one network's ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BanLookup {
    /// No ban in force.
    Nothing,
    /// A ban in force with its end.
    Until(Timestamp),
    /// A ban that had expired; it was removed.
    Expired,
}

impl Shard {
    pub(super) const BYTES_PER_WINDOW: usize = Table::<Fingerprint, Entry>::BYTES_PER_ENTRY;

    pub(super) fn new(windows: usize, bans: usize) -> Self {
        Self {
            windows: Table::new(windows),
            counts: NetworkCounts::new(windows),
            sketches: [(); SKETCHES].map(|()| Sketch::new(windows)),
            bans: Table::new(bans),
            evicted: 0,
            moved: 0,
            sketched: 0,
            bans_rejected: 0,
            is_crowded: false,
        }
    }

    /// The maximum heap size of a shard of this size.
    pub(super) fn max_heap_bytes(windows: usize, bans: usize) -> usize {
        Table::<Fingerprint, Entry>::max_heap_bytes(windows)
            + NetworkCounts::max_heap_bytes(windows)
            + SKETCHES * Sketch::max_heap_bytes(windows)
            + Table::<IpNet, BanRecord>::max_heap_bytes(bans)
    }

    /// `networks` is called only if the counter has no window and may be counted in a sketch, or gets a window.
    pub(super) fn hit(
        &mut self,
        name: Fingerprint,
        quota: Quota,
        cost: u32,
        now: Timestamp,
        networks: impl FnOnce() -> Networks,
    ) -> Count {
        if let Some(entry) = self.windows.find(name[0], &name) {
            return entry.window.hit(quota, cost, now);
        }
        if cost == 0 && !self.sketches[sketch_of(quota)].is_counting(now) {
            return Window::fresh().hit(quota, 0, now);
        }
        self.hit_without_window(Identity { name, networks: networks() }, quota, cost, now)
    }

    /// Give the counter a window, or count it in a sketch. What the sketch counts of it becomes hits of its window.
    fn hit_without_window(&mut self, key: Identity, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let sketch = sketch_of(quota);
        let used = self.sketches[sketch].used(key, now);
        if cost == 0 && used == 0 {
            return Window::fresh().hit(quota, 0, now);
        }
        // Beyond its limit, a counter stays in the sketch until the epoch ends that its last reply named.
        let fits = used == 0 || used.saturating_add(cost) <= quota.limit();
        if cost > 0
            && fits
            && self.make_room(key, quota, now)
            && let Some(entry) = self.windows.insert(
                key.name[0],
                key.name,
                Entry { window: Window::fresh(), networks: key.networks },
            )
        {
            self.counts.add(key.networks);
            if used > 0 {
                // The instants of these hits are unknown: the latest that a worker can have used.
                entry.window.hit(quota, used, now.after(SKEW));
            }
            return entry.window.hit(quota, cost, now);
        }
        self.sketched += u64::from(cost > 0);
        self.sketches[sketch].hit(key, quota, cost, now)
    }

    /// Whether the table has room for a window of this counter: free, or from an expired window, or from a window of a
    /// network with more of them, which moves to a sketch.
    fn make_room(&mut self, key: Identity, quota: Quota, now: Timestamp) -> bool {
        let evicted = self.evicted;
        if self.windows.slots() >= EVICT_FROM.min(self.windows.capacity() / 2) {
            self.evict_expired(now);
        }
        // Windows that have expired are about to be evicted.
        self.is_crowded =
            self.evicted == evicted && OccupancyWarning::applies(self.windows.len(), self.windows.capacity());
        !self.windows.is_full() || self.move_window(key, quota, now)
    }

    /// Whether a new counter has come to a crowded table since the last call.
    pub(super) const fn take_crowded(&mut self) -> bool {
        std::mem::replace(&mut self.is_crowded, false)
    }

    fn evict_expired(&mut self, now: Timestamp) {
        let (earliest, latest) = (now.before(SKEW), now.after(SKEW));
        let (counts, evicted) = (&mut self.counts, &mut self.evicted);
        self.windows.sweep(STEPS, |_, entry| {
            entry.window.settle(latest);
            let is_fresh = entry.window.is_fresh(earliest);
            if is_fresh {
                counts.remove(entry.networks);
                *evicted += 1;
            }
            is_fresh
        });
    }

    /// Move a window of a network with more of them to a sketch. Returns false if none was found.
    fn move_window(&mut self, key: Identity, quota: Quota, now: Timestamp) -> bool {
        let own = Candidate::new(key.networks, is_exact(quota), &self.counts);
        let mut best: Option<(Candidate, Fingerprint)> = None;
        // Xorshift from a keyed hash, and from what has changed since the last attempt: slots that no client can predict.
        let mut random = key.name[0] ^ key.name[1] ^ self.sketched.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..CANDIDATES {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let slot = ((u128::from(random) * self.windows.slots() as u128) >> 64) as usize;
            let Some((name, entry)) = self.windows.entry_at(slot) else { continue };
            let other = Candidate::new(entry.networks, entry.window.is_exact(), &self.counts);
            let is_better = best.is_none_or(|(best, _)| other.rank() > best.rank());
            if is_better && own.displaces(&other) && is_movable(&mut entry.window, now) {
                best = Some((other, name));
            }
        }
        best.is_some_and(|(other, name)| {
            self.move_to_sketch(Identity { name, networks: other.networks }, now)
        })
    }

    /// Count the hits of a window in a sketch and remove the window.
    fn move_to_sketch(&mut self, key: Identity, now: Timestamp) -> bool {
        let Some(entry) = self.windows.find(key.name[0], &key.name) else { return false };
        if let Some((_, span)) = entry.window.newest() {
            let form = if entry.window.is_exact() { NonZeroU32::MIN } else { NonZeroU32::MAX };
            // A worker whose clock is behind may count hits that have left the window by this clock.
            let quota = Quota::new(form, span);
            let used = entry.window.hit(quota, 0, now.before(SKEW)).used;
            self.sketches[sketch_of(quota)].count_at_least(key, span, used, now);
        }
        self.counts.remove(key.networks);
        self.moved += 1;
        self.windows.remove(key.name[0], &key.name)
    }

    pub(super) fn forget(&mut self, name: Fingerprint) {
        if let Some(entry) = self.windows.find(name[0], &name) {
            entry.window = Window::fresh();
        }
    }

    pub(super) fn banned(&mut self, hash: u64, network: IpNet, now: Timestamp) -> BanLookup {
        let Some(record) = self.bans.find(hash, &network) else { return BanLookup::Nothing };
        match record.live_until(now) {
            Some(until) => BanLookup::Until(until),
            None if is_over(*record, now.before(SKEW)) => {
                self.bans.remove(hash, &network);
                BanLookup::Expired
            }
            None => BanLookup::Nothing,
        }
    }

    /// Incremental (clock-hand) sweep of expired bans.
    pub(super) fn sweep_bans(&mut self, now: Timestamp, dropped: impl Fn(IpNet)) {
        let (earliest, latest) = (now.before(SKEW), now.after(SKEW));
        self.bans.sweep(STEPS, |network, record| {
            // Shorten what a clock far ahead wrote, but not by the skew between two workers.
            let _ = record.live_until(latest);
            let over = is_over(*record, earliest);
            if over {
                dropped(*network);
            }
            over
        });
    }

    pub(super) fn ban(
        &mut self,
        hash: u64,
        target: IpNet,
        term: Duration,
        now: Timestamp,
    ) -> (Option<Timestamp>, BanInsertion) {
        let mut new = BanRecord::new(now, term);
        if let Some(record) = self.bans.find(hash, &target) {
            *record = record.longer(new, now);
            return (record.live_until(now), BanInsertion::Merged);
        }
        let until = new.live_until(now);
        if until.is_none() {
            return (None, BanInsertion::Rejected);
        }
        if self.bans.insert(hash, target, new).is_none() {
            self.bans_rejected += 1;
            return (None, BanInsertion::Rejected);
        }
        (until, BanInsertion::Stored)
    }

    pub(super) fn unban(&mut self, hash: u64, target: IpNet) -> bool {
        self.bans.remove(hash, &target)
    }

    pub(super) fn bans(&self, now: Timestamp) -> impl Iterator<Item = (IpNet, Timestamp)> {
        self.bans.iter().filter_map(move |(network, record)| {
            let mut record = *record;
            Some((*network, record.live_until(now)?))
        })
    }

    pub(super) fn stats(&self) -> MemoryStats {
        let sketches: usize = self.sketches.iter().map(Sketch::heap_bytes).sum();
        let bytes = self.windows.heap_bytes() + self.counts.heap_bytes() + sketches + self.bans.heap_bytes();
        MemoryStats {
            windows: self.windows.len() as u64,
            max_windows: self.windows.capacity() as u64,
            evicted: self.evicted,
            moved: self.moved,
            sketched: self.sketched,
            bans: self.bans.len() as u64,
            max_bans: self.bans.capacity() as u64,
            bans_rejected: self.bans_rejected,
            bytes: bytes as u64,
        }
    }
}

/// What decides which of two windows has to leave a full table.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    networks: Networks,
    share: Share,
    is_exact: bool,
}

impl Candidate {
    fn new(networks: Networks, is_exact: bool, counts: &NetworkCounts) -> Self {
        Self { networks, share: counts.share(networks), is_exact }
    }

    /// Whether a new window takes the room of `other`: if the /16 or /32 of `other` has more than twice as many windows;
    /// within one /16 or /32, if its /24 or /48 has; and a window of an exact limit takes that of another limit, unless
    /// the network of `other` has less than half as many windows. Twice, so that windows do not change places in turn.
    const fn displaces(&self, other: &Self) -> bool {
        let (own, others) = (self.share, other.share);
        let is_near = self.networks.wide == other.networks.wide;
        others.wide / 2 > own.wide
            || is_near && others.narrow / 2 > own.narrow
            || self.is_exact && !other.is_exact && others.wide >= own.wide / 2
    }

    /// The order in which windows leave: highest first.
    const fn rank(&self) -> (bool, u32, u32) {
        (!self.is_exact, self.share.wide, self.share.narrow)
    }
}

/// Whether a sketch can count this window: its newest hit is not in the future by more than [`SKEW`].
fn is_movable(window: &mut Window, now: Timestamp) -> bool {
    window.settle(now.after(SKEW));
    window.newest().is_none_or(|(newest, _)| newest <= now.after(SKEW))
}

fn sketch_of(quota: Quota) -> usize {
    let tier = TIERS.partition_point(|tier| *tier < quota.window());
    if is_exact(quota) { tier } else { SKETCHES / 2 + tier }
}

const fn is_exact(quota: Quota) -> bool {
    quota.limit() <= EXACT_LIMIT
}

fn is_over(mut record: BanRecord, before: Timestamp) -> bool {
    record.live_until(before).is_none()
}
