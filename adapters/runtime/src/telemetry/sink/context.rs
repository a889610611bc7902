//! The context of events, requests and responses, for sinks.

use std::time::Duration;

use portcullis_core::{Client, Engine, Head, Record, ReferenceId, Timestamp};

/// The context of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The engine that was in force.
    pub engine: &'a Engine,
    /// The time; for an event about a request, its beginning.
    pub at: Timestamp,
    /// The id in the response to a rejected client.
    pub reference: Option<ReferenceId>,
    /// The time since the request began, by the guard's clock; zero for an event about no request.
    pub took: Duration,
    /// The request, for an event about a request before it is served.
    pub request: Option<&'a RequestReport<'a>>,
    /// The number of events about its client in this process within five minutes, this one included; `None` without
    /// `events.enrich`, and for an event about no client.
    pub recent: Option<u32>,
}

impl<'a> Context<'a> {
    /// The context of an event that is about no request.
    #[must_use]
    pub const fn new(engine: &'a Engine, at: Timestamp) -> Self {
        Self { engine, at, reference: None, took: Duration::ZERO, request: None, recent: None }
    }
}

/// A request and the decision about it. It borrows its fields, so that fields that no sink formats cost nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestReport<'a> {
    /// The engine that decided.
    pub engine: &'a Engine,
    /// When the request began.
    pub at: Timestamp,
    /// Its head, secrets included: write only what [`Engine::redact`] returns.
    pub head: &'a Head<'a>,
    /// The client.
    pub client: Client,
    /// The record of the decision.
    pub record: &'a Record,
    /// The name of its route's policy.
    pub policy: Option<&'a str>,
    /// The id in the response to a rejected client.
    pub reference: Option<ReferenceId>,
    /// The report of a guard inside another, which has reported the request before, as allowed. An inner guard that allows it,
    /// too, does not report it again.
    pub is_nested: bool,
}

/// A response of the application to an allowed request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseReport<'a> {
    /// The engine that allowed the request.
    pub engine: &'a Engine,
    /// The time of the response.
    pub at: Timestamp,
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The name of the route's policy.
    pub policy: Option<&'a str>,
    /// The status of the response.
    pub status: u16,
    /// The time from the beginning of the request to the head of the response.
    pub elapsed: Duration,
}

/// A method as a label: unknown methods are `OTHER`.
pub(crate) fn method(name: &str) -> &'static str {
    const KNOWN: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("OTHER")
}
