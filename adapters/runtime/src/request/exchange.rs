//! The exchange of an admitted request and its response.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use portcullis_core::{Engine, RateState, ResponseHeaders, Ticket, Timestamp};

use crate::guard::Guard;

/// The exchange of an admitted request and its response: guard, engine and ticket. It outlives the request, which the handler
/// consumes.
#[derive(Clone)]
pub struct Exchange {
    pub(crate) guard: Guard,
    pub(crate) engine: Arc<Engine>,
    /// The instant of arrival by the clock of the guard.
    pub(crate) now: Timestamp,
    /// The instant of arrival by the monotonic clock, for the duration of the request.
    pub(crate) instant: Instant,
    pub(crate) ticket: Ticket,
}

impl Exchange {
    /// The guard that admitted the request.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The engine that checked the request.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Whether an outer guard admitted the request before; that one sets the headers.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.ticket.is_nested()
    }

    /// The limit of a guard inside another. Adapters pass it to the outer guard with the response.
    #[must_use]
    pub fn inner_rate(&self) -> Option<RateState> {
        self.ticket.rate().filter(|_| self.is_nested())
    }

    /// The ticket that the engine issued.
    #[must_use]
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// The headers of the guard, for a response of the application. None for a guard inside another.
    #[must_use]
    pub fn headers(&self) -> ResponseHeaders<'_> {
        self.engine().respond(&self.ticket)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
