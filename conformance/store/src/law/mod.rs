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

/// One thing that every store promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Law {
    /// Random sequences of batches are answered as the specification, `state::reduce`, answers them over a log of every
    /// hit. Instants go forward, and back by as much as workers disagree.
    Specification,
    /// An op is one step: of many callers at once, as many pass as the budget allows, and one is banned for the points of
    /// all.
    Concurrency,
    /// A hit counts until its window is over and a ban lasts until its term is, to the millisecond.
    Expiry,
    /// A clock that leaps ahead and back gives nobody budget, and locks nobody out for longer than a window or a term.
    Clock,
    /// A store that is full serves nobody twice, frees nobody, refuses bans with [`BanRefused`], and grows no further;
    /// what is over makes room.
    ///
    /// [`BanRefused`]: portcullis_core::state::Reply::BanRefused
    Capacity,
    /// A call that is given up has applied its whole batch or nothing of it, and holds up no other.
    Cancellation,
    /// A deferred batch is applied, once, and any number of them is survived.
    Deferral,
    /// A store that lists bans lists those in force with their ends, and no more than were asked for.
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
            Self::Specification => "it does not answer as the specification does",
            Self::Concurrency => "an op is not one step",
            Self::Expiry => "something ends too early or too late",
            Self::Clock => "a clock that leaps gives budget or locks out",
            Self::Capacity => "without room it does not do what it must",
            Self::Cancellation => "a call that was given up is half done, or holds up others",
            Self::Deferral => "a deferred batch is not applied once",
            Self::Listing => "the list of bans is not that of the bans in force",
        }
    }
}

/// What was answered, at once or later.
pub(crate) async fn wait(answer: StoreResponse<'_>) -> Result<Replies, Unavailable> {
    match answer {
        StoreResponse::Ready(answer) => answer,
        StoreResponse::Pending(answer) => answer.await,
    }
}
