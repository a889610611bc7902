//! One request and its response, as adapters drive it: arrival, admission and response.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use portcullis_core::{Engine, HeaderFields, ResponseHeaders, Ticket, Timestamp};

use crate::guard::Guard;
use crate::request::message::Messages;
use crate::request::observer::ResponseObserver;
use crate::request::report::ResponseMeta;

/// The arrival of a request: its instant, and the engine in force. The request keeps that engine to its end.
#[derive(Clone)]
pub struct Arrival {
    pub(crate) engine: Arc<Engine>,
    /// The instant of arrival by the clock of the guard.
    pub(crate) now: Timestamp,
    /// The instant of arrival by the monotonic clock, for the duration of the request.
    instant: Instant,
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
pub struct Admission {
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
    arrival: Arrival,
    ticket: Ticket,
}

/// The fields of the application's response that the guard needs.
#[derive(Clone, Copy)]
pub struct AppResponse<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The status; 101 if the response switches protocols.
    pub status: u16,
    /// The header lines.
    pub headers: &'a dyn HeaderFields,
    /// The cost that the handler assigned to the response. Default: 1.
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

    /// The inspector of the messages of the connection that the request opens at `path`.
    #[must_use]
    pub fn messages(&self, path: &str) -> Messages {
        self.guard.messages_for(&self.ticket, path)
    }

    /// Report the head of the application's response to the sinks, and to the rules about responses. Returns the observer of
    /// the body if a rule applies to it. Rules do not apply to a switch of protocols.
    #[must_use = "a dropped observer reports an empty body"]
    pub fn on_response(&self, response: &AppResponse<'_>) -> Option<ResponseObserver> {
        let AppResponse { method, route, status, headers, cost } = *response;
        let (now, instant) = self.guard.0.clock.read();
        let elapsed = instant.checked_duration_since(self.arrival.instant).unwrap_or(Duration::ZERO);
        let meta = ResponseMeta { method, route, status, elapsed };
        self.guard.report_response_at(self.engine(), &self.ticket, &meta, now);
        self.guard.start_observer(self, status, headers, cost, now)
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
