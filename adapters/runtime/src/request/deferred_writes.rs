//! Deferred writes: writes after a request or its response that do not change the verdict, and their events.
//!
//! A store in memory replies synchronously, so its events are reported with those of the request. The reply of an
//! asynchronous store is awaited by a separate task, under the store's deadline. The number of these tasks is limited. Beyond
//! the limit, the writes go into the store's own queue: only their events are lost, and those writes are counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use portcullis_core::event::Event;
use portcullis_core::state::{Batch, StateStore, StoreResponse};
use portcullis_core::{DeferredContext, Engine, ResponseInfo, Ticket, Timestamp};
use tokio::runtime::Handle;

use crate::guard::deferred_writes::{DeferredWriteStats, DeferredWrites};
use crate::guard::{Guard, Inner};
use crate::telemetry::sink::Context;

impl Guard {
    /// Apply the rules about responses to a response of the application. Call it once for every admitted request, with the
    /// engine that checked the request. Without such rules it costs nothing.
    ///
    /// [`Engine::response_prefix`] returns how much of the body `response` must hold.
    pub fn observe_response(&self, engine: &Arc<Engine>, ticket: &Ticket, response: &ResponseInfo<'_>) {
        self.observe_response_at(engine, ticket, response, self.0.clock.now());
    }

    pub(crate) fn observe_response_at(
        &self,
        engine: &Arc<Engine>,
        ticket: &Ticket,
        response: &ResponseInfo<'_>,
        now: Timestamp,
    ) {
        let effects = engine.observe(ticket, response, now);
        if effects.uninspected {
            self.0.deferred_writes.uninspected.fetch_add(1, Ordering::Relaxed);
        }
        for batch in effects.deferred {
            let mut events =
                self.0.apply_deferred_writes(engine, DeferredContext::from(ticket), batch, false);
            self.0.report_deferred(engine, &mut events);
        }
    }

    /// Counts of deferred writes and of uninspected responses.
    #[must_use]
    pub fn deferred_writes(&self) -> DeferredWriteStats {
        let DeferredWrites { running, unawaited, uninspected, .. } = &self.0.deferred_writes;
        DeferredWriteStats {
            running: running.load(Ordering::Relaxed),
            unawaited: unawaited.load(Ordering::Relaxed),
            uninspected: uninspected.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    /// Apply deferred writes. Returns their events if the store replies synchronously. `outage`: the store did not reply to an
    /// earlier batch of this request.
    pub(crate) fn apply_deferred_writes(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        context: DeferredContext,
        batch: Batch,
        outage: bool,
    ) -> Vec<Event> {
        // During an outage the store's own queue would be lost; this process counts locally.
        if outage {
            return self.events_for_replies(&*self.local, engine, &context, &batch);
        }
        if self.store.is_synchronous() {
            return self.events_for_replies(&*self.store, engine, &context, &batch);
        }
        let Some(runtime) = Handle::try_current().ok().filter(|_| self.deferred_writes.try_acquire()) else {
            self.deferred_writes.unawaited.fetch_add(1, Ordering::Relaxed);
            self.store.defer(&batch);
            return Vec::new();
        };
        let permit = TaskPermit(Arc::clone(self));
        let engine = Arc::clone(engine);
        runtime.spawn(async move {
            let guard = &permit.0;
            let mut events = match guard.apply_remote(&batch).await {
                Ok(replies) => engine.events_for_replies(&context, &batch, &replies, &**guard.facts()),
                Err(_) => guard.events_for_replies(&*guard.local, &engine, &context, &batch),
            };
            guard.report_deferred(&engine, &mut events);
        });
        Vec::new()
    }

    /// Apply a batch to a synchronous store.
    fn events_for_replies(
        &self,
        store: &dyn StateStore,
        engine: &Engine,
        context: &DeferredContext,
        batch: &Batch,
    ) -> Vec<Event> {
        match store.apply(batch) {
            StoreResponse::Ready(Ok(replies)) => {
                engine.events_for_replies(context, batch, &replies, &**self.facts())
            }
            _ => Vec::new(),
        }
    }

    /// Report events that belong to no rejection.
    pub(crate) fn report_deferred(&self, engine: &Engine, events: &mut [Event]) {
        if !events.is_empty() {
            let reference = Some(self.new_reference_id());
            self.report_events(events, &Context { reference, ..Context::new(engine, self.clock.now()) });
        }
    }
}

/// The permit of a task, released when the task ends, even by a panic.
struct TaskPermit(Arc<Inner>);

impl Drop for TaskPermit {
    fn drop(&mut self) {
        self.0.deferred_writes.running.fetch_sub(1, Ordering::AcqRel);
    }
}
