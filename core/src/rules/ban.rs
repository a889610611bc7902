//! Thresholds of strikes, and the networks that are never banned, compiled.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use arrayvec::ArrayVec;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::config::{OnUnavailable, StrikeReason};
use crate::net::Cidr;
use crate::state::Quota;

/// Strikes and bans, compiled.
#[derive(Debug)]
pub(crate) struct BanRules {
    pub(crate) enabled: bool,
    pub(crate) total: Threshold,
    /// Thresholds of single classes, by class.
    pub(crate) classes: ArrayVec<(StrikeReason, Threshold), MAX_CLASSES>,
    pub(crate) on_unavailable: OnUnavailable,
    /// Networks that are never banned: the trusted proxies, through which all clients connect.
    pub(crate) protected: Vec<Cidr>,
}

/// The maximum number of thresholds of single classes: a ban resets them all, in one batch with the total.
pub(crate) const MAX_CLASSES: usize = 12;
const _: () = assert!(MAX_CLASSES < crate::state::MAX_OPS, "the strikes of one request fit in one batch");

/// A ban follows this number of strikes in a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) rule: u64,
    pub(crate) quota: Quota,
    pub(crate) term: Duration,
}

impl BanRules {
    /// Whether `target` may be banned. Loopback and the trusted proxies may not: that would block all clients.
    pub(crate) fn may_ban(&self, target: IpNet) -> bool {
        let target = Cidr::from(target);
        !self.protected.iter().any(|network| network.overlaps(target)) && !is_loopback(target)
    }

    /// The thresholds of single classes: that of `reason`, or those of all others.
    pub(crate) fn of(&self, reason: StrikeReason, own: bool) -> impl Iterator<Item = &Threshold> {
        let classes = self.classes.iter().filter(move |(of, _)| (*of == reason) == own);
        classes.map(|(_, threshold)| threshold)
    }
}

fn is_loopback(target: Cidr) -> bool {
    const LOOPBACK: [IpNet; 2] = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8)),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    ];
    LOOPBACK.into_iter().any(|net| Cidr::from(net).overlaps(target))
}
