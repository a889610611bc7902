//! The executable specification of a batch.
//!
//! Every store behaves as if it ran [`reduce`] over cells that obey [`StateBackend`]. The function is total: it neither fails
//! nor skips an op.

use core::net::IpAddr;
use core::time::Duration;

use ipnet::IpNet;

use super::{Batch, Consequence, Count, Key, Op, Quota, Replies, Reply, hold};
use crate::time::Timestamp;

/// Storage for counters and bans, as [`reduce`] needs it.
pub trait StateBackend {
    /// Record `cost` hits on the counter and report it; see [`Window::hit`](super::window::Window::hit) for the law.
    /// A bounded store may over-count, never under-count.
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count;

    /// Empty the counter, if the store can single it out; one that cannot may keep it.
    fn forget(&mut self, key: &Key);

    /// The end of the longest live ban covering `address`.
    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp>;

    /// Ban `target` for `term` from `now`, keeping a longer ban that is in force. `None` when there is no room for
    /// another ban; then nothing changed.
    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp>;

    /// Lift the ban of exactly `target`, if there is one.
    fn unban(&mut self, target: IpNet);
}

/// Apply every op of `batch` in order and answer each. A strike that bans settles all strikes of the batch: their
/// counters are empty afterwards. One that holds settles its own.
pub fn reduce(cells: &mut dyn StateBackend, batch: &Batch) -> Replies {
    let now = batch.now();
    let mut replies = Replies::new();
    for op in batch.ops() {
        // There are no more ops than replies fit. Collecting them would move them once more.
        let _ = replies.try_push(apply(cells, op, now));
    }
    let strikes = batch.ops().iter().zip(&replies).filter(|(op, _)| matches!(op, Op::Strike { .. }));
    if strikes.clone().any(|(_, reply)| matches!(reply, Reply::Banned(_))) {
        // The ban is the answer to these points: when it ends, the client starts again from zero on every count.
        for (op, _) in strikes {
            if let Op::Strike { key, .. } = op {
                cells.forget(key);
            }
        }
    }
    replies
}

fn apply(cells: &mut dyn StateBackend, op: &Op, now: Timestamp) -> Reply {
    match *op {
        Op::Banned(address) => cells.banned(address.to_canonical(), now).map_or(Reply::Clear, Reply::Banned),
        Op::Hit { ref key, quota, cost } => Reply::Count(cells.hit(key, quota, cost, now)),
        Op::Strike { ref key, quota, points, then } => {
            let count = cells.hit(key, quota, points, now);
            match then {
                Consequence::Ban(target, term) if count.used >= quota.limit() => {
                    cells.ban(target, term, now).map_or(Reply::BanRefused, Reply::Banned)
                }
                Consequence::Throttle(ref held, term) if count.used >= quota.limit() => {
                    // As a ban settles its points: when it ends, the client starts again from zero.
                    cells.forget(key);
                    Reply::Throttled(cells.hit(held, hold(term), 1, now).retry_at)
                }
                _ => Reply::Count(count),
            }
        }
        Op::Ban { target, term } => cells.ban(target, term, now).map_or(Reply::BanRefused, Reply::Banned),
        Op::Unban { target } => {
            cells.unban(target);
            Reply::Clear
        }
    }
}
