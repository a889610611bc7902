//! The one loop that drives a request through the engine; every adapter calls it.
//!
//! It awaits the store (once, under a deadline; never for an in-memory store), the verifier and hooks of the application
//! (under a deadline), the chunks of the body (under a deadline), and after a finding the store once more.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Extensions;
use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, Op, Replies, Reply, StateStore as _, StoreResponse, Unavailable};
use portcullis_core::{
    BodyFault, BodyOutcome, CredentialDecision, DeferredContext, Detach, Driver, Engine, Feed, Head,
    HookDecision, NeedBody, NeedHook, NeedVerify, NextStep, Timestamp, Verdict,
};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

use crate::callbacks::hook::{Attachments, RequestView, Secret, catch_panic};
use crate::guard::Inner;
use crate::guard::body_memory::BodyLease;
use crate::request::admission::Admission;
use crate::request::arrival::{AdmittedRequest, Arrival};
use crate::request::response::GuardResponse;
use crate::request::scratch::ScratchLease;

/// Bodies of up to this many bytes are inspected on the thread of their request. That takes at most 14 million steps of the work budget.
const MAX_INLINE_BYTES: usize = 64 << 10;

/// A source of the chunks of a body.
pub trait BodySource {
    /// The next chunk, a fault, or the end. The future of [`Arrival::check`] is `Send` if this one is.
    fn chunk(&mut self) -> impl Future<Output = Option<Result<Bytes, BodyFault>>>;
}

/// The replies of the store to one request so far, for frameworks that try several routes for one request: an op that has a
/// reply is not applied again.
#[derive(Debug, Default)]
pub struct StoreReplies(Vec<(Op, Reply)>);

/// The start of a request.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum Start {
    /// The verdict: serve the request, or send the response of the guard.
    Decided(Result<AdmittedRequest, GuardResponse>),
    /// The store, a callback or the body must be awaited: continue with [`Arrival::check`].
    Pending(Arrival),
}

impl Arrival {
    /// Decide about a request without awaiting, if it has no body, the store is synchronous, no callback of the application
    /// is configured, and `replies` are empty; or if no check applies. The replies of the store are added to `replies`, for
    /// frameworks that may try another route.
    pub fn start(self, head: Head<'_>, replies: Option<&mut StoreReplies>) -> Start {
        let has_replies = replies.as_ref().is_some_and(|replies| !replies.0.is_empty());
        let guard = Arc::clone(&self.guard.0);
        let facts = guard.facts.load();
        let outer = self.outer.clone();
        let head = guard.prepare(head.facts(&***facts), outer.as_deref(), self.now);
        let awaits = head.has_body
            || has_replies
            || !guard.store.is_synchronous()
            || self.engine.needs_application(&head);
        if awaits && !self.engine.checks_nothing(&head) {
            return Start::Pending(self);
        }
        let mut scratch = ScratchLease::take();
        let mut driver = ReadyDriver { inner: &guard, replies };
        let mut verdict = self.engine.drive_ready(head, self.now, &mut scratch, &mut driver);
        drop(scratch);
        guard.apply_deferred(&self.engine, &mut verdict);
        Start::Decided(self.report(&head, verdict, None, Extensions::new()))
    }

    /// Drive a request to its verdict and report it. `head.facts`, `head.sample_info_events` and `head.outer` are set by the
    /// guard.
    ///
    /// # Errors
    /// The response of the guard, in place of the application's.
    pub async fn check(
        self,
        head: Head<'_>,
        body: &mut impl BodySource,
    ) -> Result<AdmittedRequest, GuardResponse> {
        self.check_with(head, body, None).await
    }

    /// [`Arrival::check`] for a request that may have been checked under the policy of another route.
    ///
    /// # Errors
    /// The response of the guard, in place of the application's.
    pub async fn recheck(
        self,
        head: Head<'_>,
        body: &mut impl BodySource,
        replies: &mut StoreReplies,
    ) -> Result<AdmittedRequest, GuardResponse> {
        self.check_with(head, body, Some(replies)).await
    }

    async fn check_with(
        self,
        head: Head<'_>,
        body: &mut impl BodySource,
        replies: Option<&mut StoreReplies>,
    ) -> Result<AdmittedRequest, GuardResponse> {
        let guard = Arc::clone(&self.guard.0);
        let mut scratch = ScratchLease::take();
        let facts = guard.facts();
        let outer = self.outer.clone();
        let head = guard.prepare(head.facts(&**facts), outer.as_deref(), self.now);
        let mut driver = AsyncDriver {
            inner: &guard,
            engine: &self.engine,
            body,
            replies,
            replay: None,
            lease: None,
            attached: Extensions::new(),
            outage: false,
        };
        let mut verdict = self.engine.drive(head, self.now, &mut scratch, &mut driver).await;
        let AsyncDriver { replay, attached, outage, .. } = driver;
        drop(scratch);
        verdict.record.store_unavailable |= outage;
        guard.apply_deferred(&self.engine, &mut verdict);
        self.report(&head, verdict, replay, attached)
    }
}

/// The driver of a request that awaits nothing.
struct ReadyDriver<'d> {
    inner: &'d Inner,
    replies: Option<&'d mut StoreReplies>,
}

impl Driver for ReadyDriver<'_> {
    async fn apply(&mut self, batch: &Batch, _: OnUnavailable) -> Result<Replies, Unavailable> {
        let StoreResponse::Ready(replies) = self.inner.store.apply(batch) else { return Err(Unavailable) };
        if let (Some(known), Ok(replies)) = (&mut self.replies, &replies) {
            known.0.extend(batch.ops().iter().copied().zip(replies.iter().copied()));
        }
        replies
    }

    // `Arrival::start` does not use this driver for a request that needs the application or has a body.
    async fn verify(&mut self, _: &NeedVerify<'_, '_>) -> CredentialDecision {
        CredentialDecision::Fail
    }

    async fn run_hook(&mut self, _: &NeedHook<'_, '_>) -> HookDecision {
        HookDecision::Fail
    }

    async fn read_body<'s, 'r>(&mut self, need: NeedBody<'s, 'r>) -> NextStep<'s, 'r> {
        need.finish().next
    }
}

/// The driver of a request that awaits the store, the application and the body, each under a deadline.
struct AsyncDriver<'d, B> {
    inner: &'d Inner,
    engine: &'d Arc<Engine>,
    body: &'d mut B,
    replies: Option<&'d mut StoreReplies>,
    /// The bytes read of the body, if a check required it.
    replay: Option<Bytes>,
    /// Held until the verdict.
    lease: Option<BodyLease>,
    /// The values that callbacks attached which accepted the request.
    attached: Extensions,
    /// The store did not reply, even if this process then counted locally.
    outage: bool,
}

impl<B: BodySource> Driver for AsyncDriver<'_, B> {
    async fn apply(&mut self, batch: &Batch, on_unavailable: OnUnavailable) -> Result<Replies, Unavailable> {
        let Some(StoreReplies(known)) = &mut self.replies else {
            return self.inner.apply(batch, on_unavailable, &mut self.outage).await;
        };
        let find = |known: &[(Op, Reply)], op: &Op| {
            known.iter().find(|(applied, _)| applied == op).map(|(_, reply)| *reply)
        };
        let mut new = Batch::new(batch.now());
        for op in batch.ops().iter().filter(|op| find(known, op).is_none()) {
            new.push(*op);
        }
        if !new.ops().is_empty() {
            let replies = self.inner.apply(&new, on_unavailable, &mut self.outage).await?;
            known.extend(new.ops().iter().copied().zip(replies));
        }
        // An op without a reply of the store has none here.
        Ok(batch.ops().iter().map_while(|op| find(known, op)).collect())
    }

    async fn verify(&mut self, need: &NeedVerify<'_, '_>) -> CredentialDecision {
        let Some(verifier) = self.inner.verifiers.get(need.verifier()) else {
            return CredentialDecision::Fail;
        };
        let secret = Secret::new(need.credential());
        let attachments = Attachments::default();
        let request = RequestView::new(need.head(), need.client(), need.head().principal, &attachments);
        let decision = async { verifier.verify(secret, &request).await };
        let decision = self.inner.call("verifier", need.verifier(), decision).await;
        if let Some(CredentialDecision::Accept | CredentialDecision::AcceptAs(_)) = decision {
            self.attached.extend(attachments.take());
        }
        decision.unwrap_or(CredentialDecision::Fail)
    }

    async fn run_hook(&mut self, need: &NeedHook<'_, '_>) -> HookDecision {
        let Some(hook) = self.inner.hooks.get(need.name()) else { return HookDecision::Fail };
        let attachments = Attachments::default();
        let request = RequestView::new(need.head(), need.client(), need.principal(), &attachments);
        let decision = async { hook.run(&request).await };
        let decision = self.inner.call("hook", need.name(), decision).await;
        match &decision {
            Some(HookDecision::Pass) => self.attached.extend(attachments.take()),
            Some(HookDecision::Deny(status, _)) if !(400..600).contains(&status.as_u16()) => {
                tracing::error!(target: "portcullis", hook = need.name(), "a hook denies with {status}; use 400 to 599");
            }
            _ => {}
        }
        decision.unwrap_or(HookDecision::Fail)
    }

    async fn read_body<'s, 'r>(&mut self, need: NeedBody<'s, 'r>) -> NextStep<'s, 'r> {
        let mut lease = BodyLease::new(&self.inner.body_memory);
        let charge = |bytes| lease.charge(bytes, self.engine, || self.inner.clock.now());
        let read = read_body(need, self.body, charge).await;
        let (BodyOutcome { next, replay }, lease) = match read {
            Ok(need) => inspect_body(need, self.engine, &self.inner.inspections, lease).await,
            Err(outcome) => (outcome, lease),
        };
        (self.replay, self.lease) = (Some(replay), Some(lease));
        next
    }
}

impl Inner {
    /// Set the fields of a head that the guard determines.
    fn prepare<'r>(&self, head: Head<'r>, outer: Option<&'r Admission>, now: Timestamp) -> Head<'r> {
        // The outer guard samples.
        let sample_info_events = outer.is_none() && self.sample_info_events(now);
        let principal = outer.and_then(Admission::principal).or(head.principal);
        let head = head.sample_info_events(sample_info_events).principal(principal);
        head.outer(outer.map(|outer| outer.exchange().ticket()))
    }

    /// The result of a callback of the application, unless it panics or exceeds its deadline.
    async fn call<T>(&self, kind: &str, name: &str, future: impl Future<Output = T>) -> Option<T> {
        match timeout(self.callback_deadline, catch_panic(future)).await {
            Ok(Some(result)) => return Some(result),
            Ok(None) => tracing::error!(kind, name, "a callback panicked and counts as failed"),
            Err(_) => tracing::warn!(kind, name, "a callback exceeded its deadline and counts as failed"),
        }
        None
    }

    /// Apply a batch to the store, or to the local store if that is configured for an outage.
    pub(crate) async fn apply(
        &self,
        batch: &Batch,
        on_unavailable: OnUnavailable,
        outage: &mut bool,
    ) -> Result<Replies, Unavailable> {
        let replies = self.apply_remote(batch).await;
        *outage |= replies.is_err();
        match replies {
            Err(Unavailable) if on_unavailable == OnUnavailable::Local => match self.local.apply(batch) {
                StoreResponse::Ready(replies) => replies,
                StoreResponse::Pending(_) => Err(Unavailable),
            },
            replies => replies,
        }
    }

    /// Apply the writes that do not change the verdict, and add their events.
    fn apply_deferred(self: &Arc<Self>, engine: &Arc<Engine>, verdict: &mut Verdict) {
        let Some(batch) = verdict.deferred.take() else { return };
        let outage = verdict.record.store_unavailable;
        let events = self.apply_deferred_writes(engine, DeferredContext::from(&*verdict), *batch, outage);
        verdict.events.extend(events);
    }
}

/// Pass the body to the engine until it needs no more of it. An error is a decision before the inspection.
async fn read_body<'s, 'r>(
    need: NeedBody<'s, 'r>,
    body: &mut impl BodySource,
    mut charge: impl FnMut(usize) -> bool,
) -> Result<NeedBody<'s, 'r>, BodyOutcome<'s, 'r>> {
    let deadline = Instant::now() + need.timeout().min(Duration::from_secs(3600));
    let mut need = need;
    loop {
        need = match timeout_at(deadline, body.chunk()).await {
            Err(_) => return Err(need.abort(BodyFault::TimedOut)),
            Ok(None) => return Ok(need),
            Ok(Some(Err(fault))) => return Err(need.abort(fault)),
            Ok(Some(Ok(chunk))) => {
                let fits = charge(chunk.len());
                // A chunk that does not fit is pushed, too: in passive mode the handler reads it.
                match need.push(chunk) {
                    Feed::Ready(outcome) => return Err(outcome),
                    Feed::More(need) | Feed::Complete(need) if !fits => {
                        return Err(need.abort(BodyFault::Overloaded));
                    }
                    Feed::More(need) => need,
                    Feed::Complete(need) => return Ok(need),
                }
            }
        };
    }
}

/// Inspect a body, a long one on a thread for blocking work: its inspection would hold up the requests of an executor thread.
async fn inspect_body<'s, 'r>(
    need: NeedBody<'s, 'r>,
    engine: &Arc<Engine>,
    inspections: &Arc<Semaphore>,
    lease: BodyLease,
) -> (BodyOutcome<'s, 'r>, BodyLease) {
    let (inspection, need) = match need.detach(MAX_INLINE_BYTES) {
        Detach::Finished(outcome) => return (outcome, lease),
        Detach::Detached(inspection, need) => (inspection, need),
    };
    // The inspection keeps the permit and the lease: it runs to its end even if the client hangs up. The semaphore is never closed.
    let permit = Arc::clone(inspections).acquire_owned().await;
    let engine = Arc::clone(engine);
    let inspect = move || {
        let _permit = permit;
        (inspection.run(&engine, &mut ScratchLease::take()), lease)
    };
    match spawn_blocking(inspect).await {
        Ok((report, lease)) => (need.resume(report), lease),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime shuts down.
            Err(_) => std::future::pending().await,
        },
    }
}
