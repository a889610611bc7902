//! A request that was let through, from its beginning to its response: what the guard is told of it, and what the handler
//! of a connection that stays open gets.

use std::time::Instant;

use axum::extract::{MatchedPath, OriginalUri};
use http::header::UPGRADE;
use http::request::Parts;
use http::{Method, StatusCode};
use portcullis_runtime::{Engine, Guard, Handled, Ticket};

/// Outlives the request, which the handler consumes. Neither field is copied: a method of the standard holds no text, and the
/// matched path is shared.
pub(crate) struct Visit {
    method: Method,
    route: Option<MatchedPath>,
    began: Instant,
}

impl Visit {
    /// The request goes to the handler. One that asks for another protocol gets what inspects its messages.
    pub(crate) fn begin(guard: &Guard, parts: &mut Parts, ticket: &Ticket, began: Instant) -> Self {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if parts.headers.contains_key(UPGRADE) || parts.method == Method::CONNECT {
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let messages = guard.messages_after(ticket, uri.path());
            parts.extensions.insert(messages);
        }
        let route = parts.extensions.get::<MatchedPath>().cloned();
        Self { method: parts.method.clone(), route, began }
    }

    /// The handler has answered.
    pub(crate) fn end(&self, guard: &Guard, engine: &Engine, ticket: &Ticket, status: StatusCode) {
        let handled = Handled {
            method: self.method.as_str(),
            route: self.route.as_ref().map(MatchedPath::as_str),
            status: status.as_u16(),
            elapsed: self.began.elapsed(),
        };
        guard.responded(engine, ticket, &handled);
    }
}
