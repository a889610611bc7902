//! One request and its response, as adapters drive it: the arrival, the admission, and what the guard learns of the response.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use portcullis_core::{Engine, HeaderFields, ResponseHeaders, Ticket, Timestamp};

use crate::guard::Guard;
use crate::request::message::Messages;
use crate::request::observer::ResponseObserver;
use crate::request::report::ResponseMeta;

/// A request that has arrived: when, and the engine in force then. The request keeps that engine to its end.
#[derive(Clone)]
pub struct Arrival {
    pub(crate) engine: Arc<Engine>,
    /// By the clock of the guard.
    pub(crate) now: Timestamp,
    /// For the time the request takes.
    instant: Instant,
}

impl Guard {
    /// A request arrives: the engine in force, and one reading of the clock.
    #[must_use]
    pub fn arrive(&self) -> Arrival {
        let engine = self.engine();
        let (now, instant) = self.0.clock.read();
        Arrival { engine, now, instant }
    }
}

impl Arrival {
    /// The engine that decides.
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

/// A request that is to be served.
#[derive(Debug)]
#[non_exhaustive]
pub struct Admission {
    /// For the response.
    pub exchange: Exchange,
    /// What was read of the body, for the handler, in front of the rest.
    pub replay: Option<Bytes>,
    /// The principal that the verifier named.
    pub principal: Option<String>,
}

/// A request that is served, and the engine that admitted it. It outlives the request, which the handler consumes.
#[derive(Clone)]
pub struct Exchange {
    guard: Guard,
    arrival: Arrival,
    ticket: Ticket,
}

/// A response of the application, as far as the guard needs it.
#[derive(Clone, Copy)]
pub struct AppResponse<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The status; 101 where the protocol is switched.
    pub status: u16,
    /// The header lines.
    pub headers: &'a dyn HeaderFields,
    /// The cost that the handler gives the response; one without it.
    pub cost: Option<u32>,
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

    /// The engine that decided.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.arrival.engine
    }

    /// What the engine granted.
    #[must_use]
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// The inspector of the messages of the connection that the request opens at `path`.
    #[must_use]
    pub fn messages(&self, path: &str) -> Messages {
        self.guard.messages_after(&self.ticket, path)
    }

    /// The head of the application's response: report it to the sinks and to the rules about responses, or return the
    /// observer of its body. Rules do not apply to a switch of protocols.
    #[must_use = "an observer that is dropped has seen nothing"]
    pub fn on_response(&self, response: &AppResponse<'_>) -> Option<ResponseObserver> {
        let AppResponse { method, route, status, headers, cost } = *response;
        let (now, instant) = self.guard.0.clock.read();
        let elapsed = instant.checked_duration_since(self.arrival.instant).unwrap_or(Duration::ZERO);
        let meta = ResponseMeta { method, route, status, elapsed };
        self.guard.responded_at(self.engine(), &self.ticket, &meta, now);
        self.guard.observer(self, status, headers, cost, now)
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
