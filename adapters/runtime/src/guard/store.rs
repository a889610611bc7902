//! The state store of a guard: applies batches under a deadline, and reports its outages.

use portcullis_core::event::{Event, EventKind};
use portcullis_core::state::{Batch, Replies, StateStore as _, StoreResponse, Unavailable};
use tokio::time::timeout;

use crate::guard::Inner;
use crate::guard::counters::StoreTransition;
use crate::telemetry::sink::Context;

impl Inner {
    /// Apply a batch to the configured store, under its deadline.
    pub(crate) async fn apply_remote(&self, batch: &Batch) -> Result<Replies, Unavailable> {
        let replies = match self.store.apply(batch) {
            StoreResponse::Ready(replies) => replies,
            StoreResponse::Pending(replies) => {
                timeout(self.store_deadline, replies).await.unwrap_or(Err(Unavailable))
            }
        };
        self.record_store_reply(replies.is_ok());
        replies
    }

    /// Record whether the store replied, and send an event when that has changed.
    pub(crate) fn record_store_reply(&self, replied: bool) {
        let transition = if replied {
            self.operations.outage.end()
        } else {
            self.operations.outage.begin(self.clock.now())
        };
        let (kind, action, reason, detail) = match transition {
            None => return,
            Some(StoreTransition::Lost) => (
                EventKind::RedisError,
                "operation_failed",
                "the state store does not reply; this process follows `on_unavailable` without it",
                Some(("error_type", "operation_error".into())),
            ),
            Some(StoreTransition::Restored) => {
                (EventKind::RedisConnection, "connection_established", "the state store replies again", None)
            }
        };
        let mut event = Event::new(kind, action, "redis", reason.into());
        event.metadata.extend(detail);
        self.send_event(event);
    }

    /// Send an event that is about no request to every sink, unless its kind is muted.
    pub(crate) fn send_event(&self, event: Event) {
        let engine = self.engine.load_full();
        if engine.reports(event.kind) {
            self.report_events(&mut [event], &Context::new(&engine, self.clock.now()));
        }
    }
}
