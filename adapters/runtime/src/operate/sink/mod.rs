//! Where events and numbers go. A sink is called on the request path, so it must never block: one that has slow work to
//! do queues it, bounded, and counts what it drops.

mod callback;
mod json;
mod metric;
pub(crate) mod queue;
mod trace;

pub use callback::{CALLBACK_QUEUE, CallbackDrops, CallbackSink};
pub use json::{JSON_QUEUE, JsonSink};
pub use metric::MetricsSink;
pub use trace::TracingSink;

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::event::Event;
use portcullis_core::{Client, Engine, Head, Record, ReferenceId, Timestamp};

/// Receives what happened.
pub trait EventSink: Send + Sync {
    /// Something happened: at least every refusal and every attack.
    fn event(&self, event: &Event, context: &Context<'_>);

    /// A request was decided. Called for every request.
    fn request(&self, seen: &RequestReport<'_>);

    /// A request was served, and this is how. Called where the adapter says so.
    fn response(&self, _answered: &ResponseReport<'_>) {}

    /// How much of what it was given this sink has lost so far, because it could not keep up or failed.
    fn lost(&self) -> u64 {
        0
    }
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn event(&self, event: &Event, context: &Context<'_>) {
        (**self).event(event, context);
    }

    fn request(&self, seen: &RequestReport<'_>) {
        (**self).request(seen);
    }

    fn response(&self, on_response: &ResponseReport<'_>) {
        (**self).response(on_response);
    }

    fn lost(&self) -> u64 {
        (**self).lost()
    }
}

/// What surrounds an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The engine that was in force.
    pub engine: &'a Engine,
    /// When it happened; for an event about a request, when that began.
    pub at: Timestamp,
    /// The id that a refused client reads.
    pub reference: Option<ReferenceId>,
    /// How long the request had taken by then, by the guard's clock; zero for an event about none.
    pub took: Duration,
    /// The request, for an event that is about one and was produced before it was served.
    pub request: Option<&'a RequestReport<'a>>,
    /// How many events about its client this process has told within five minutes, this one included; `None` without
    /// `events.enrich`, and for an event about no client.
    pub recent: Option<u32>,
}

impl<'a> Context<'a> {
    /// What surrounds an event that is about no request.
    #[must_use]
    pub const fn new(engine: &'a Engine, at: Timestamp) -> Self {
        Self { engine, at, reference: None, took: Duration::ZERO, request: None, recent: None }
    }
}

/// A request and what was decided about it: borrowed, so that what no sink formats costs nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestReport<'a> {
    /// The engine that decided.
    pub engine: &'a Engine,
    /// When the request began.
    pub at: Timestamp,
    /// Its head, secrets included: write of it only what [`Engine::redact`] returns.
    pub head: &'a Head<'a>,
    /// Whose request it is.
    pub client: Client,
    /// Numbers about it.
    pub record: &'a Record,
    /// The name of its route's policy.
    pub policy: Option<&'a str>,
    /// The id that a refused client reads.
    pub reference: Option<ReferenceId>,
}

/// A response of the application to a request that was let through.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseReport<'a> {
    /// The engine that let the request through.
    pub engine: &'a Engine,
    /// When it was served.
    pub at: Timestamp,
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The name of the route's policy.
    pub policy: Option<&'a str>,
    /// The status of the response.
    pub status: u16,
    /// From the beginning of the request to the head of the response.
    pub elapsed: Duration,
}

/// A method as a label: methods that clients make up are `OTHER`.
pub(crate) fn method(name: &str) -> &'static str {
    const KNOWN: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("OTHER")
}
