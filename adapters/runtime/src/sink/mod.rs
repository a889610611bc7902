//! Where events and numbers go. A sink is called on the request path, so it must never block: one that has slow work to
//! do queues it, bounded, and counts what it drops.

mod callback;
mod metric;
pub(crate) mod queue;
mod trace;

pub use callback::{CALLBACK_QUEUE, CallbackSink, Dropped};
pub use metric::MetricsSink;
pub use trace::TracingSink;

use portcullis_core::Record;
use portcullis_core::event::Event;

/// Receives what happened.
pub trait EventSink: Send + Sync {
    /// Something happened to a request: at least every refusal and every attack.
    fn event(&self, event: &Event);

    /// A request was decided; `policy` is the name of its route's policy. Called for every request.
    fn request(&self, record: &Record, policy: Option<&str>);
}
