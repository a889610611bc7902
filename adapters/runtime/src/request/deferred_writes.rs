//! What follows a request or its response: writes that change no verdict any more, and the events that come of them.
//!
//! A store in memory answers at once, so its events stand with those of the request. A store that answers later is awaited
//! by a task of its own, under the store's deadline; of those there are only so many at a time. Beyond that the writes go
//! into the store's own queue: nothing is lost but the events, and those are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use portcullis_core::event::Event;
use portcullis_core::state::{Batch, StateStore, StoreResponse};
use portcullis_core::{DeferredContext, Engine, ResponseInfo, Ticket, Timestamp};
use tokio::runtime::Handle;

use crate::guard::{Guard, Inner};
use crate::operate::sink::Context;

/// Answers to deferred writes that are awaited at the same time, unless the builder says otherwise.
pub const MAX_DEFERRED_TASKS: usize = 1024;

/// The tasks of one guard that await answers to deferred writes.
#[derive(Debug)]
pub(crate) struct DeferredWrites {
    limit: usize,
    running: AtomicUsize,
    unjudged: AtomicU64,
    uninspected: AtomicU64,
}

/// What a guard did after its verdicts, in numbers since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeferredWriteStats {
    /// Answers to deferred writes that are awaited now.
    pub running: usize,
    /// Deferred writes that went into the store's queue because too many were awaited: whether they led to a ban was not
    /// reported.
    pub unjudged: u64,
    /// Responses that rules are about and whose body could not be looked at: encoded, or a stream.
    pub uninspected: u64,
}

impl DeferredWrites {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            running: AtomicUsize::new(0),
            unjudged: AtomicU64::new(0),
            uninspected: AtomicU64::new(0),
        }
    }

    /// A place among the tasks, if there is one.
    fn place(&self) -> bool {
        let more = |running| (running < self.limit).then_some(running + 1);
        self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }
}

impl Guard {
    /// Tell the guard what the application answered: adapters call it once for every request that was passed, with the
    /// engine it was checked with. With no rule about responses it costs nothing.
    ///
    /// Ask [`Engine::watches`] first whether the body is to be shown, and how much of it.
    pub fn served(&self, engine: &Arc<Engine>, ticket: &Ticket, served: &ResponseInfo<'_>) {
        self.served_at(engine, ticket, served, self.0.clock.now());
    }

    pub(crate) fn served_at(
        &self,
        engine: &Arc<Engine>,
        ticket: &Ticket,
        served: &ResponseInfo<'_>,
        now: Timestamp,
    ) {
        let observed = engine.observe(ticket, served, now);
        if observed.uninspected {
            self.0.deferred_writes.uninspected.fetch_add(1, Ordering::Relaxed);
        }
        for batch in observed.deferred {
            let mut events = self.0.settle(engine, DeferredContext::from(ticket), batch, false);
            self.0.tell_after(engine, &mut events);
        }
    }

    /// What happened after verdicts, in numbers.
    #[must_use]
    pub fn deferred_writes(&self) -> DeferredWriteStats {
        let DeferredWrites { running, unjudged, uninspected, .. } = &self.0.deferred_writes;
        DeferredWriteStats {
            running: running.load(Ordering::Relaxed),
            unjudged: unjudged.load(Ordering::Relaxed),
            uninspected: uninspected.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    /// Hand over deferred writes: the events that come of them, as far as that is known at once. `outage` says that the
    /// store did not answer this request before.
    pub(crate) fn settle(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        cause: DeferredContext,
        batch: Batch,
        outage: bool,
    ) -> Vec<Event> {
        // While the store is away its own queue would come to nothing; the process counts on.
        if outage {
            return self.events_for_replies(&*self.local, engine, &cause, &batch);
        }
        if self.store.is_synchronous() {
            return self.events_for_replies(&*self.store, engine, &cause, &batch);
        }
        let Some(runtime) = Handle::try_current().ok().filter(|_| self.deferred_writes.place()) else {
            self.deferred_writes.unjudged.fetch_add(1, Ordering::Relaxed);
            self.store.defer(&batch);
            return Vec::new();
        };
        let place = TaskPermit(Arc::clone(self));
        let engine = Arc::clone(engine);
        runtime.spawn(async move {
            let guard = &place.0;
            let mut events = match guard.ask_store(&batch).await {
                Ok(replies) => engine.events_for_replies(&cause, &batch, &replies, &**guard.facts()),
                Err(_) => guard.events_for_replies(&*guard.local, &engine, &cause, &batch),
            };
            guard.tell_after(&engine, &mut events);
        });
        Vec::new()
    }

    /// Apply a batch to a store that answers at once.
    fn events_for_replies(
        &self,
        store: &dyn StateStore,
        engine: &Engine,
        cause: &DeferredContext,
        batch: &Batch,
    ) -> Vec<Event> {
        match store.apply(batch) {
            StoreResponse::Ready(Ok(replies)) => {
                engine.events_for_replies(cause, batch, &replies, &**self.facts())
            }
            _ => Vec::new(),
        }
    }

    /// Report events that have no refusal to belong to.
    pub(crate) fn tell_after(&self, engine: &Engine, events: &mut [Event]) {
        if !events.is_empty() {
            let reference = Some(self.reference());
            self.tell(events, &Context { reference, ..Context::new(engine, self.clock.now()) });
        }
    }
}

/// A task's place, given back when the task ends, however it ends.
struct TaskPermit(Arc<Inner>);

impl Drop for TaskPermit {
    fn drop(&mut self) {
        self.0.deferred_writes.running.fetch_sub(1, Ordering::AcqRel);
    }
}
