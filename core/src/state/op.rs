//! The vocabulary between the engine and a store: ops, batches and replies. All of it is `Copy` and of fixed size.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;

use arrayvec::ArrayVec;
use ipnet::IpNet;

use super::Key;
use crate::time::{Timestamp, millis};

/// The most ops one batch can hold. A policy that needs more is refused when it is compiled.
pub const MAX_OPS: usize = 16;

/// At most `limit` hits in any span of `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: NonZeroU32,
    window: u32,
}

impl Quota {
    /// The longest window: 31 days.
    pub const MAX_WINDOW: Duration = Duration::from_secs(31 * 24 * 3600);

    /// A quota; the window is brought into 1 ms ..= [`Quota::MAX_WINDOW`].
    #[must_use]
    pub fn new(limit: NonZeroU32, window: Duration) -> Self {
        let longest = millis(Self::MAX_WINDOW);
        Self { limit, window: u32::try_from(millis(window).clamp(1, longest)).unwrap_or(u32::MAX) }
    }

    /// Hits allowed in one window.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit.get()
    }

    /// The span that is looked back on.
    #[must_use]
    pub const fn window(self) -> Duration {
        Duration::from_millis(self.window as u64)
    }

    pub(crate) const fn window_millis(self) -> u64 {
        self.window as u64
    }
}

/// What follows from a strike that reaches its threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing: it only counts.
    #[default]
    None,
    /// This network is banned for so long.
    Ban(IpNet, Duration),
    /// This counter is hit under a quota of one in so long: whoever looks at it finds it used up until then.
    Throttle(Key, Duration),
}

/// The quota of a counter that holds: one hit uses it up for `term`.
#[must_use]
pub fn hold(term: Duration) -> Quota {
    Quota::new(NonZeroU32::MIN, term)
}

/// One thing to look up or to change.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// Is any live ban covering this address?
    Banned(IpAddr),
    /// Count a hit, then compare with the quota. The hit is recorded whatever the outcome.
    Hit {
        /// The counter.
        key: Key,
        /// What it may reach.
        quota: Quota,
        /// How many hits this one counts as; zero counts nothing and only looks.
        cost: u32,
    },
    /// Add points to a counter and, when it reaches `quota.limit()`, let the consequence follow in the same step. A ban
    /// empties the counters of all strikes of its batch, a hold that of its own strike. A strike of no points counts
    /// nothing: it is there to be emptied along with the others, or to draw the consequence of what is counted already.
    Strike {
        /// The counter.
        key: Key,
        /// Threshold and the window in which points are remembered.
        quota: Quota,
        /// Points to add.
        points: u32,
        /// What follows once the threshold is reached.
        then: Consequence,
    },
    /// Ban a network (a single address is a /32 or /128). A ban never shortens one that is in force.
    Ban {
        /// Whom.
        target: IpNet,
        /// For how long from now.
        term: Duration,
    },
    /// Lift the ban of exactly this network.
    Unban {
        /// Whom.
        target: IpNet,
    },
}

/// The state of a counter after a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whether the hit was within the limit.
    pub within: bool,
    /// Hits in the window, this one included; a store need not count beyond the limit plus one.
    pub used: u32,
    /// The limit that was applied.
    pub limit: u32,
    /// The earliest instant at which one more hit would pass if nothing happened until then.
    pub retry_at: Timestamp,
    /// The instant at which the counter is empty again if nothing happens until then.
    pub reset_at: Timestamp,
}

impl Count {
    /// Hits left before the limit.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// What one op found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Nothing stands against the request.
    Clear,
    /// A ban is in force until then: looked up, or set by this op.
    Banned(Timestamp),
    /// A strike had this hold follow; it is in force until then.
    Throttled(Timestamp),
    /// The counter after a [`Op::Hit`] or after an [`Op::Strike`] that nothing followed from.
    Count(Count),
    /// A ban was due, but the store's ban budget is used up. Existing bans stay.
    BanRefused,
}

/// The answers to a batch, in the order of its ops.
pub type Replies = ArrayVec<Reply, MAX_OPS>;

/// Ops of one request, all at one instant.
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

    /// The instant all ops happen at.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The ops in order.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Append an op. Returns false, and changes nothing, when the batch is full.
    pub fn push(&mut self, op: Op) -> bool {
        self.ops.try_push(op).is_ok()
    }

    /// Empty the batch for reuse at another instant.
    pub fn restart(&mut self, now: Timestamp) {
        self.now = now;
        self.ops.clear();
    }
}
