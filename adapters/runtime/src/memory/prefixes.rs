//! The prefix lengths of bans, separately for IPv4 and IPv6, so that a lookup tries only those.
//!
//! Counters, not flags: each length counts its bans, and groups of sixteen lengths count theirs, so that the usual two
//! lengths are found among 129 by reading 41 numbers. A ban is counted before it is stored and until after it is removed,
//! so a length with a ban is never missed, whatever other threads do.

use std::iter;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use ipnet::IpNet;

const GROUP: usize = 16;
const GROUPS: usize = 128 / GROUP + 1;

#[derive(Debug, Default)]
pub(super) struct Prefixes {
    v4: Lengths,
    v6: Lengths,
}

#[derive(Debug, Default)]
struct Lengths {
    groups: [AtomicU32; GROUPS],
    lengths: [[AtomicU32; GROUP]; GROUPS],
}

impl Prefixes {
    pub(super) fn add(&self, network: IpNet) {
        for counter in self.counters(network) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(super) fn remove(&self, network: IpNet) {
        for counter in self.counters(network) {
            counter.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Every network around `address` with a prefix length that some ban has.
    pub(super) fn around(&self, address: IpAddr) -> impl Iterator<Item = IpNet> {
        let family = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let groups = family.groups.iter().zip(&family.lengths).enumerate();
        groups
            .filter(|(_, (group, _))| group.load(Ordering::SeqCst) > 0)
            .flat_map(|(index, (_, lengths))| iter::zip(index * GROUP.., lengths))
            .filter(|(_, count)| count.load(Ordering::SeqCst) > 0)
            .filter_map(move |(length, _)| IpNet::new(address, u8::try_from(length).ok()?).ok())
            .map(|network| network.trunc())
    }

    fn counters(&self, network: IpNet) -> [&AtomicU32; 2] {
        let family = if network.addr().is_ipv4() { &self.v4 } else { &self.v6 };
        let length = usize::from(network.prefix_len());
        [&family.groups[length / GROUP], &family.lengths[length / GROUP][length % GROUP]]
    }
}
