//! One shard: its windows, its sketch and its bans. Each operation runs under one lock and is bounded work.

use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::state::ban::BanRecord;
use portcullis_core::state::window::Window;
use portcullis_core::state::{Count, Quota};
use portcullis_core::time::Timestamp;

use super::fingerprint::Fingerprint;
use super::sketch::{SKEW, Sketch};
use super::stats::MemoryStats;
use super::table::Table;

/// Slots that each insertion checks for an expired entry.
const STEPS: usize = 8;

/// The tiers of window lengths that share a sketch: up to five minutes, up to six hours, longer. A sketch keeps every hit
/// for as long as the longest window it counts. A reload that moves a rule to another tier while the store is full starts
/// the rule's sketched counters at zero.
const TIERS: [Duration; 2] = [Duration::from_secs(5 * 60), Duration::from_secs(6 * 3600)];

pub(super) struct Shard {
    windows: Table<Fingerprint, Window>,
    sketches: [Sketch; TIERS.len() + 1],
    bans: Table<IpNet, BanRecord>,
    evicted: u64,
    sketched: u64,
    bans_rejected: u64,
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
    pub(super) fn new(windows: usize, bans: usize) -> Self {
        Self {
            windows: Table::new(windows),
            sketches: [(); TIERS.len() + 1].map(|()| Sketch::new(windows)),
            bans: Table::new(bans),
            evicted: 0,
            sketched: 0,
            bans_rejected: 0,
        }
    }

    /// The maximum heap size of a shard of this size.
    pub(super) fn max_heap_bytes(windows: usize, bans: usize) -> usize {
        let windows = Table::<Fingerprint, Window>::max_heap_bytes(windows)
            + (TIERS.len() + 1) * Sketch::heap_bytes(windows);
        windows + Table::<IpNet, BanRecord>::max_heap_bytes(bans)
    }

    pub(super) fn hit(&mut self, name: Fingerprint, quota: Quota, cost: u32, now: Timestamp) -> Count {
        if let Some(window) = self.windows.find(name[0], &name) {
            return window.hit(quota, cost, now);
        }
        let tier = TIERS.partition_point(|tier| *tier < quota.window());
        // A key that the sketch may count stays there: a new window would start from zero.
        if !self.sketches[tier].may_count(name, now) {
            if cost == 0 {
                return Window::fresh().hit(quota, 0, now);
            }
            if let Some(window) = self.new_window(name, now) {
                return window.hit(quota, cost, now);
            }
        }
        self.sketched += u64::from(cost > 0);
        self.sketches[tier].hit(name, quota, cost, now)
    }

    /// A new window, if the table has room or an expired window.
    fn new_window(&mut self, name: Fingerprint, now: Timestamp) -> Option<&mut Window> {
        if self.windows.is_full() {
            let (earliest, latest) = (now.before(SKEW), now.after(SKEW));
            let mut evicted = 0;
            self.windows.sweep(STEPS, |_, window| {
                window.settle(latest);
                let fresh = window.is_fresh(earliest);
                evicted += u64::from(fresh);
                fresh
            });
            self.evicted += evicted;
        }
        self.windows.insert(name[0], name, Window::fresh())
    }

    pub(super) fn forget(&mut self, name: Fingerprint) {
        if let Some(window) = self.windows.find(name[0], &name) {
            *window = Window::fresh();
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
        MemoryStats {
            windows: self.windows.len() as u64,
            evicted: self.evicted,
            sketched: self.sketched,
            bans: self.bans.len() as u64,
            bans_rejected: self.bans_rejected,
        }
    }
}

fn is_over(mut record: BanRecord, before: Timestamp) -> bool {
    record.live_until(before).is_none()
}
