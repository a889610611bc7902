//! The executable specification of a batch.
//!
//! Every store behaves as if it ran [`reduce`] on a [`StateBackend`]. The function is total: it does not fail or skip
//! an op.

use core::net::IpAddr;
use core::time::Duration;

use ipnet::IpNet;

use super::{Batch, Consequence, Count, Key, Op, Quota, Replies, Reply, throttle_quota};
use crate::time::Timestamp;

/// Storage of counters and bans for [`reduce`].
pub trait StateBackend {
    /// Count `cost` hits and return the counter; [`Window::hit`](super::window::Window::hit) defines the semantics. A
    /// bounded store may over-count, never under-count.
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count;

    /// Empty the counter. A store that keeps several counters in one cell may leave it.
    fn forget(&mut self, key: &Key);

    /// The end of the longest live ban that covers `address`.
    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp>;

    /// Ban `target` for `term` from `now`, keeping a longer ban that is in force. Returns `None`, and changes nothing,
    /// if there is no capacity for another ban.
    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp>;

    /// Lift the ban of exactly `target`, if there is one.
    fn unban(&mut self, target: IpNet);
}

/// Apply every op of `batch` in order and return their replies. A strike that bans empties the counters of all strikes
/// of the batch; one that throttles empties its own.
pub fn reduce(backend: &mut dyn StateBackend, batch: &Batch) -> Replies {
    let now = batch.now();
    let mut replies = Replies::new();
    for op in batch.ops() {
        // Cannot fail: batch and replies have the same capacity. `collect` would copy the replies once more.
        let _ = replies.try_push(apply(backend, op, now));
    }
    let strikes = batch.ops().iter().zip(&replies).filter(|(op, _)| matches!(op, Op::Strike { .. }));
    if strikes.clone().any(|(_, reply)| matches!(reply, Reply::Banned(_))) {
        // The ban is the penalty for these points: after it the client starts at zero on every counter.
        for (op, _) in strikes {
            if let Op::Strike { key, .. } = op {
                backend.forget(key);
            }
        }
    }
    replies
}

fn apply(backend: &mut dyn StateBackend, op: &Op, now: Timestamp) -> Reply {
    match *op {
        Op::FindBan(address) => {
            backend.banned(address.to_canonical(), now).map_or(Reply::Clear, Reply::Banned)
        }
        Op::Hit { ref key, quota, cost } => Reply::Count(backend.hit(key, quota, cost, now)),
        Op::Strike { ref key, quota, points, then } => {
            let count = backend.hit(key, quota, points, now);
            match then {
                Consequence::Ban(target, term) if count.used >= quota.limit() => {
                    backend.ban(target, term, now).map_or(Reply::BanRejected, Reply::Banned)
                }
                Consequence::Throttle(ref throttle, term) if count.used >= quota.limit() => {
                    // As for a ban: after the throttle the client starts at zero.
                    backend.forget(key);
                    Reply::Throttled(backend.hit(throttle, throttle_quota(term), 1, now).retry_at)
                }
                _ => Reply::Count(count),
            }
        }
        Op::Ban { target, term } => backend.ban(target, term, now).map_or(Reply::BanRejected, Reply::Banned),
        Op::Unban { target } => {
            backend.unban(target);
            Reply::Clear
        }
    }
}
