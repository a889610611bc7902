//! A store that forgets nothing: every hit is a line in a log.
//!
//! It is the naive model that [`window`](super::window) and every bounded store are tested against, and the simplest
//! store for examples and offline runs. Its memory grows with the requests it sees: do not serve traffic with it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use ipnet::IpNet;

use super::ban::Sentence;
use super::{Cells, Count, Key, Quota};
use crate::time::{Timestamp, millis};

/// Unbounded cells: a log of hits per counter and a list of bans.
#[derive(Clone, Debug, Default)]
pub struct Model {
    logs: BTreeMap<[u8; 32], Vec<u64>>,
    bans: BTreeMap<IpNet, Sentence>,
}

impl Cells for Model {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let log = self.logs.entry(key.to_bytes()).or_default();
        let window = millis(quota.window());
        let newest = log.last().copied().unwrap_or(0);
        let mut now = now.as_millis();
        if newest > now && newest - now > window {
            let step = newest - now;
            log.iter_mut().for_each(|at| *at = at.saturating_sub(step));
        } else {
            now = now.max(newest);
        }
        let limit = quota.limit() as usize;
        let live = log.iter().filter(|at| at.saturating_add(window) > now).count();
        log.extend(core::iter::repeat_n(now, cost as usize));
        let used = live + cost as usize;
        let retry_at = if used < limit { now } else { log[log.len() - limit].saturating_add(window) };
        Count {
            within: used <= limit,
            used: u32::try_from(used).unwrap_or(u32::MAX),
            limit: quota.limit(),
            retry_at: Timestamp::from_millis(retry_at),
            reset_at: Timestamp::from_millis(now.saturating_add(window)),
        }
    }

    fn forget(&mut self, key: &Key) {
        self.logs.remove(&key.to_bytes());
    }

    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let covering = self.bans.iter_mut().filter(|(network, _)| network.contains(&address));
        covering.filter_map(|(_, sentence)| sentence.live_until(now)).max()
    }

    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        let new = Sentence::new(now, term);
        let sentence = self.bans.entry(target.trunc()).or_insert(new);
        *sentence = sentence.longer(new, now);
        sentence.live_until(now)
    }

    fn pardon(&mut self, target: IpNet) {
        self.bans.remove(&target.trunc());
    }
}
