//! The protocol between engine and store: ops, batches and replies. All types but [`Batch`] are `Copy`; all are of
//! fixed size.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;

use arrayvec::ArrayVec;
use ipnet::IpNet;

use super::Key;
use crate::time::Timestamp;

/// The maximum number of ops in a batch. A policy that requires more is rejected at compile time.
pub const MAX_OPS: usize = 16;

/// At most `limit` hits in any interval of length `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: NonZeroU32,
    window: u32,
}

impl Quota {
    /// The longest window: 31 days.
    pub const MAX_WINDOW: Duration = Duration::from_secs(31 * 24 * 3600);

    /// A quota; the window is clamped to 1 ms ..= [`Quota::MAX_WINDOW`].
    #[must_use]
    pub const fn new(limit: NonZeroU32, window: Duration) -> Self {
        let millis = window.as_millis();
        let max = Self::MAX_WINDOW.as_millis();
        // The longest window fits.
        let window = if millis == 0 {
            1
        } else if millis > max {
            max as u32
        } else {
            millis as u32
        };
        Self { limit, window }
    }

    /// Hits allowed in one window.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit.get()
    }

    /// The length of the sliding window.
    #[must_use]
    pub const fn window(self) -> Duration {
        Duration::from_millis(self.window as u64)
    }

    pub(crate) const fn window_millis(self) -> u64 {
        self.window as u64
    }
}

/// The consequence of a strike that reaches its threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consequence {
    /// The strike is only counted.
    #[default]
    None,
    /// Ban this network for this long.
    Ban(IpNet, Duration),
    /// Throttle: exhaust this counter for this long.
    Throttle(Key, Duration),
}

/// The quota of a throttle counter: one hit exhausts it for `term`.
#[must_use]
pub fn throttle_quota(term: Duration) -> Quota {
    Quota::new(NonZeroU32::MIN, term)
}

/// One operation on a counter or ban.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// Look up a live ban that covers this address.
    FindBan(IpAddr),
    /// Count a hit and compare with the quota. The hit is counted in any case.
    Hit {
        /// The counter.
        key: Key,
        /// The quota to compare with.
        quota: Quota,
        /// The number of hits to count; zero only looks the counter up.
        cost: u32,
    },
    /// Add points to a counter and, if it reaches `quota.limit()`, apply the consequence in the same step. A ban
    /// empties the counters of all strikes of its batch, a throttle only that of its own strike. A strike of zero
    /// points counts nothing: it is emptied along with the others, or applies the consequence if the threshold is
    /// reached already.
    Strike {
        /// The counter.
        key: Key,
        /// The threshold and the window in which points count.
        quota: Quota,
        /// Points to add.
        points: u32,
        /// The consequence at the threshold.
        then: Consequence,
    },
    /// Ban a network (a single address is a /32 or /128). A ban does not shorten one that is in force.
    Ban {
        /// The network.
        target: IpNet,
        /// The duration from now.
        term: Duration,
    },
    /// Lift the ban of exactly this network.
    Unban {
        /// The network.
        target: IpNet,
    },
}

/// The state of a counter after a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whether the hit was within the limit.
    pub within: bool,
    /// Hits in the window, this one included; a store may stop counting at the limit plus one.
    pub used: u32,
    /// The limit of the quota.
    pub limit: u32,
    /// The earliest instant at which one more hit passes if no other hit is counted until then.
    pub retry_at: Timestamp,
    /// The instant at which the counter is empty if no other hit is counted until then.
    pub reset_at: Timestamp,
}

impl Count {
    /// Hits left before the limit.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// The result of one op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// No ban was found, or the op is done.
    Clear,
    /// A ban is in force until this instant: looked up, or set by this op.
    Banned(Timestamp),
    /// The strike throttles the client until this instant.
    Throttled(Timestamp),
    /// The counter after an [`Op::Hit`] or after an [`Op::Strike`] without a consequence.
    Count(Count),
    /// A ban was due, but the store has no capacity for another one. Existing bans are kept.
    BanRejected,
}

/// The replies to a batch, in the order of its ops.
pub type Replies = ArrayVec<Reply, MAX_OPS>;

/// The ops of one request, all at one instant.
#[derive(Clone, Debug)]
pub struct Batch {
    now: Timestamp,
    ops: ArrayVec<Op, MAX_OPS>,
}

impl Batch {
    /// An empty batch at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { now, ops: ArrayVec::new() }
    }

    /// The instant of all ops.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The ops in order.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Append an op. Returns false, and changes nothing, if the batch is full.
    pub fn push(&mut self, op: Op) -> bool {
        self.ops.try_push(op).is_ok()
    }

    /// Clear the batch for reuse at another instant.
    pub fn restart(&mut self, now: Timestamp) {
        self.now = now;
        self.ops.clear();
    }
}
