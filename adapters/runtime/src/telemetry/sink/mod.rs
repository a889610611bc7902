//! The sinks of events and metrics. A sink is called on the request path, so it must never block: one with slow work uses a
//! bounded queue, and counts what it drops.

mod callback;
mod context;
mod event_sink;
mod json;
#[cfg(feature = "metrics")]
mod metric;
pub(crate) mod queue;
mod trace;

pub use callback::{CALLBACK_QUEUE, CallbackDrops, CallbackSink};
pub(crate) use context::method;
pub use context::{Context, RequestReport, ResponseReport};
pub use event_sink::EventSink;
pub use json::{JSON_QUEUE, JsonSink};
#[cfg(feature = "metrics")]
pub use metric::MetricsSink;
pub use trace::TracingSink;
