//! Numbered clients and their ops.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::{ClientKey, Consequence, Key, Op, Quota, Reply, Scope, Subject};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn address(client: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + client))
}

/// The network of `length` bits around a client.
pub(crate) fn network(client: u32, length: u8) -> IpNet {
    IpNet::new_assert(address(client), length).trunc()
}

pub(crate) fn key(scope: Scope, client: u32) -> Key {
    Key::new(scope, "contract", Subject::Client(ClientKey::new(address(client), 64)))
}

pub(crate) fn quota(limit: u32, window: Duration) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN), window)
}

pub(crate) fn hit(client: u32, quota: Quota, cost: u32) -> Op {
    Op::Hit { key: key(Scope::Global, client), quota, cost }
}

/// A strike that bans for a minute once the points reach the limit.
pub(crate) fn strike(scope: Scope, client: u32, quota: Quota, points: u32) -> Op {
    Op::Strike { key: key(scope, client), quota, points, then: Consequence::Ban(network(client, 32), MINUTE) }
}

pub(crate) fn ban(client: u32, term: Duration) -> Op {
    Op::Ban { target: network(client, 32), term }
}

pub(crate) fn banned(client: u32) -> Op {
    Op::FindBan(address(client))
}

/// Whether a hit was within its quota; an error for any other reply.
pub(crate) fn within(reply: Reply) -> Result<bool, String> {
    match reply {
        Reply::Count(count) => Ok(count.within),
        other => Err(format!("the reply to a hit is a count, not {other:?}")),
    }
}

/// The hits that a hit without cost reports.
pub(crate) fn used(reply: Reply) -> Result<u32, String> {
    match reply {
        Reply::Count(count) => Ok(count.used),
        other => Err(format!("the reply to a hit is a count, not {other:?}")),
    }
}

/// Compare a reply with the expected one.
pub(crate) fn expect(what: &str, seen: Reply, expected: Reply) -> Result<(), String> {
    let same = seen == expected;
    same.then_some(()).ok_or_else(|| format!("{what}: the reply is {seen:?} instead of {expected:?}"))
}

/// A ban until `end`, or no ban.
pub(crate) fn until(end: Option<Timestamp>) -> Reply {
    end.map_or(Reply::Clear, Reply::Banned)
}
