//! The laws, a file each.

pub(crate) mod cancellation;
pub(crate) mod capacity;
pub(crate) mod clock;
pub(crate) mod concurrency;
pub(crate) mod deferral;
pub(crate) mod expiry;
pub(crate) mod listing;
pub(crate) mod specification;

use portcullis_core::state::{Replies, StoreResponse, Unavailable};

/// A requirement that every store must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Law {
    /// The replies to random sequences of batches are those of the specification, `state::reduce`, over a log of every hit.
    /// Instants go forward, and back by the clock skew of workers.
    Specification,
    /// An op is atomic: of many concurrent callers, as many pass as the budget allows, and the points of all add up to one
    /// ban.
    Concurrency,
    /// A hit counts until its window ends and a ban lasts until its term ends, to the millisecond.
    Expiry,
    /// A clock that jumps forward and back renews no budget, and extends no limit or ban beyond a window or a term.
    Clock,
    /// A full store evicts no counter in force and no ban, rejects bans with [`BanRejected`], and does not grow; expired
    /// entries make room.
    ///
    /// [`BanRejected`]: portcullis_core::state::Reply::BanRejected
    Capacity,
    /// A cancelled call has applied its whole batch or nothing of it, and blocks no other call.
    Cancellation,
    /// A deferred batch is applied once, and the store survives any number of them.
    Deferral,
    /// `list_bans` returns the bans in force with their ends, and no more than the limit.
    Listing,
}

impl Law {
    /// Every law.
    pub const ALL: [Self; 8] = [
        Self::Specification,
        Self::Concurrency,
        Self::Expiry,
        Self::Clock,
        Self::Capacity,
        Self::Cancellation,
        Self::Deferral,
        Self::Listing,
    ];

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Specification => "its replies differ from the specification's",
            Self::Concurrency => "an op is not atomic",
            Self::Expiry => "a window or a ban ends too early or too late",
            Self::Clock => "a clock that jumps renews a budget or extends a limit",
            Self::Capacity => "at its capacity it does not behave as required",
            Self::Cancellation => "a cancelled call is half applied, or blocks others",
            Self::Deferral => "a deferred batch is not applied once",
            Self::Listing => "the list of bans is not that of the bans in force",
        }
    }
}

/// The replies, at once or later.
pub(crate) async fn wait(reply: StoreResponse<'_>) -> Result<Replies, Unavailable> {
    match reply {
        StoreResponse::Ready(reply) => reply,
        StoreResponse::Pending(reply) => reply.await,
    }
}
