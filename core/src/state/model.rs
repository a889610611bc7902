//! A store without bounds: every hit is an entry of a log.
//!
//! The naive model that [`window`](super::window) and every bounded store are tested against, and the simplest store
//! for examples and offline runs. Its memory grows with every request: do not serve traffic with it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use ipnet::IpNet;

use super::ban::BanRecord;
use super::{Count, Key, Quota, StateBackend};
use crate::time::{Timestamp, millis};

/// Unbounded storage: a log of hits per counter and a list of bans.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Signed, because a clock that steps back to near the epoch moves hits to before it.
    logs: BTreeMap<[u8; 32], Vec<i128>>,
    bans: BTreeMap<IpNet, BanRecord>,
}

impl StateBackend for Model {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let log = self.logs.entry(key.to_bytes()).or_default();
        let window = i128::from(millis(quota.window()));
        let mut now = i128::from(now.as_millis());
        let ahead = log.last().map_or(0, |newest| newest - now);
        if ahead > window && cost > 0 {
            log.iter_mut().for_each(|at| *at -= ahead);
        }
        // With a clock that far back, a hit of cost zero reads the log as the next hit would move it.
        let moved = if ahead > window && cost == 0 { ahead } else { 0 };
        now += if ahead > window { 0 } else { ahead.max(0) };
        let live = log.iter().filter(|at| **at - moved + window > now).count();
        log.extend(core::iter::repeat_n(now, cost as usize));
        let used = live + cost as usize;
        let leaves = |nth: usize| instant(log[log.len() - nth] - moved + window);
        let limit = quota.limit() as usize;
        Count {
            within: used <= limit,
            used: u32::try_from(used).unwrap_or(u32::MAX),
            limit: quota.limit(),
            retry_at: if used < limit { instant(now) } else { leaves(limit) },
            reset_at: if used == 0 { instant(now) } else { leaves(1) },
        }
    }

    fn forget(&mut self, key: &Key) {
        self.logs.remove(&key.to_bytes());
    }

    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let covering = self.bans.iter_mut().filter(|(network, _)| network.contains(&address));
        covering.filter_map(|(_, record)| record.live_until(now)).max()
    }

    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        let new = BanRecord::new(now, term);
        let record = self.bans.entry(target.trunc()).or_insert(new);
        *record = record.longer(new, now);
        record.live_until(now)
    }

    fn unban(&mut self, target: IpNet) {
        self.bans.remove(&target.trunc());
    }
}

fn instant(millis: i128) -> Timestamp {
    Timestamp::from_millis(u64::try_from(millis.max(0)).unwrap_or(u64::MAX))
}
