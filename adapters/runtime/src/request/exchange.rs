//! One request and its response, as adapters drive it: arrival, admission and response.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use portcullis_core::{Engine, ResponseHeaders, Ticket, Timestamp};

use crate::guard::Guard;

/// The arrival of a request: its instant, and the engine in force. The request keeps that engine to its end.
#[derive(Clone)]
pub struct Arrival {
    pub(crate) engine: Arc<Engine>,
    /// The instant of arrival by the clock of the guard.
    pub(crate) now: Timestamp,
    /// The instant of arrival by the monotonic clock, for the duration of the request.
    pub(crate) instant: Instant,
}

impl Guard {
    /// Start a request: take the engine in force, and read the clock once.
    #[must_use]
    pub fn arrive(&self) -> Arrival {
        let engine = self.engine();
        let (now, instant) = self.0.clock.read();
        Arrival { engine, now, instant }
    }
}

impl Arrival {
    /// The engine that checks the request.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The admission of a request: serve it.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdmittedRequest {
    /// Required for the response.
    pub exchange: Exchange,
    /// The bytes read of the body: pass them to the handler, in front of the rest.
    pub replay: Option<Bytes>,
    /// The principal, if a verifier returned one.
    pub principal: Option<String>,
}

/// An admitted request: its guard, engine and ticket. It outlives the request, which the handler consumes.
#[derive(Clone)]
pub struct Exchange {
    guard: Guard,
    pub(crate) arrival: Arrival,
    ticket: Ticket,
}

impl Exchange {
    pub(crate) fn new(guard: Guard, arrival: Arrival, ticket: Ticket) -> Self {
        Self { guard, arrival, ticket }
    }

    /// The guard that admitted the request.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The engine that checked the request.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.arrival.engine
    }

    /// The ticket that the engine issued.
    #[must_use]
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// The headers of the guard, for a response of the application.
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
