//! A request that was let through, until its response is there: what every adapter tells the guard about it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use portcullis_core::{Engine, HeaderFields, ResponseHeaders, Ticket};

use crate::guard::Guard;
use crate::request::message::Messages;
use crate::request::observer::ResponseObserver;
use crate::request::report::ResponseMeta;

/// A request that was let through, and the engine that let it. It outlives the request, which the handler consumes.
#[derive(Clone)]
pub struct Exchange {
    guard: Guard,
    engine: Arc<Engine>,
    ticket: Ticket,
    began: Instant,
}

/// A response of the application, as far as the guard is told of it.
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
    /// What the handler says that the response costs; one without it.
    pub cost: Option<u32>,
}

impl Exchange {
    /// A request that `engine` gave this ticket, and that came at `began`.
    #[must_use]
    pub fn new(guard: Guard, engine: Arc<Engine>, ticket: Ticket, began: Instant) -> Self {
        Self { guard, engine, ticket, began }
    }

    /// The guard that let it through.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The engine that decided.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// What was granted.
    #[must_use]
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// What inspects the messages of the connection that the request opens at `path`.
    #[must_use]
    pub fn messages(&self, path: &str) -> Messages {
        self.guard.messages_after(&self.ticket, path)
    }

    /// The head of the response is there, and as the application made it: tell sinks and the rules about responses, or give
    /// what has to watch its body pass. A switch of protocols is no response that rules are about.
    #[must_use = "a witness that is dropped has seen nothing"]
    pub fn on_response(&self, response: &AppResponse<'_>) -> Option<ResponseObserver> {
        let AppResponse { method, route, status, headers, cost } = *response;
        let now = self.guard.now();
        let handled = ResponseMeta { method, route, status, elapsed: self.began.elapsed() };
        self.guard.responded_at(&self.engine, &self.ticket, &handled, now);
        self.guard.observer(self, status, headers, cost, now)
    }

    /// The headers of the guard, for a response that the application made.
    #[must_use]
    pub fn headers(&self) -> ResponseHeaders<'_> {
        self.engine.respond(&self.ticket)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
