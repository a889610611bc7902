//! The interface of sinks.

use std::sync::Arc;

use portcullis_core::event::Event;

use super::context::{Context, RequestReport, ResponseReport};

/// Receives events, requests and responses.
pub trait EventSink: Send + Sync {
    /// An event: at least one for every rejection and every attack.
    fn event(&self, event: &Event, context: &Context<'_>);

    /// A decision about a request. Called for every request.
    fn request(&self, report: &RequestReport<'_>);

    /// A response of the application. Called where the adapter reports responses.
    fn response(&self, _report: &ResponseReport<'_>) {}

    /// The number of items that this sink has lost so far, because its queue was full or it failed.
    fn lost(&self) -> u64 {
        0
    }
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn event(&self, event: &Event, context: &Context<'_>) {
        (**self).event(event, context);
    }

    fn request(&self, report: &RequestReport<'_>) {
        (**self).request(report);
    }

    fn response(&self, report: &ResponseReport<'_>) {
        (**self).response(report);
    }

    fn lost(&self) -> u64 {
        (**self).lost()
    }
}
