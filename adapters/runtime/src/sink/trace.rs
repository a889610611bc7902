//! Events as `tracing` events.

use portcullis_core::event::Event;

use super::{Context, EventSink, Seen};

/// Writes every event to `tracing` under the target `portcullis`, at `WARN`. Benign requests write nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

impl EventSink for TracingSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        tracing::warn!(
            target: "portcullis",
            event = event.kind.name(),
            action = event.action,
            client = event.address.map(tracing::field::display),
            method = event.method.as_deref(),
            path = event.endpoint.as_deref(),
            rule = event.pattern.as_deref(),
            reference = event.reference.map(tracing::field::display),
            "{}", event.reason
        );
    }

    fn request(&self, _: &Seen<'_>) {}
}
