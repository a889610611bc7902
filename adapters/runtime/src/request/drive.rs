//! The one loop that drives a request through the engine; every adapter calls it.
//!
//! Its awaits are: the store (once, under a deadline; never for an in-memory store), the application's verifier and
//! hooks, the chunks of the body (under a deadline), and for a finding the store once more.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, Op, Replies, Reply, StateStore as _, StoreResponse, Unavailable};
use portcullis_core::{
    BodyFault, BodyOutcome, CredentialDecision, DeferredContext, Driver, Engine, Feed, Head, HookDecision,
    NeedBody, NeedHook, NeedVerify, NextStep, Scratch, Verdict,
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::guard::{Guard, Inner};
use crate::request::callbacks::{HookRequest, Secret, caught};
use crate::request::exchange::{Admission, Arrival};
use crate::request::response::GuardResponse;

/// Where the chunks of a body come from.
pub trait BodySource {
    /// The next chunk, a fault, or the end. Where it is `Send`, so is [`Guard::check`].
    fn chunk(&mut self) -> impl Future<Output = Option<Result<Bytes, BodyFault>>>;
}

/// The replies of the store to one request so far, for frameworks that try several routes for a request in turn: an op that
/// has a reply is not applied again.
#[derive(Debug, Default)]
pub struct StoreReplies(Vec<(Op, Reply)>);

/// The start of a request.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum Start {
    /// The request is decided: serve it, or send the response of the guard.
    Decided(Result<Admission, GuardResponse>),
    /// The store, the application or the body has to be awaited: continue with [`Guard::check`].
    Pending(Arrival),
}

impl Guard {
    /// Decide about a request at once where nothing has to be awaited: it has no body, the store replies at once, no
    /// callback of the application is configured, and `replies` are empty. `replies` keep what the store replied, where another
    /// route may be tried.
    pub fn start(&self, arrival: Arrival, head: Head<'_>, replies: Option<&mut StoreReplies>) -> Start {
        let tried = replies.as_ref().is_some_and(|replies| !replies.0.is_empty());
        let inner = &*self.0;
        if head.has_body
            || tried
            || !inner.store.is_synchronous()
            || arrival.engine().needs_application(&head)
        {
            return Start::Pending(arrival);
        }
        let facts = inner.facts.load();
        let head =
            Head { facts: &***facts, sample_info_events: inner.sample_info_events(arrival.now), ..head };
        let mut scratch = ScratchLease::take();
        let mut driver = AtOnce { inner, replies };
        let mut verdict = arrival.engine.drive_ready(head, arrival.now, &mut scratch, &mut driver);
        drop(scratch);
        self.0.apply_deferred(&arrival.engine, &mut verdict);
        Start::Decided(self.report(arrival, &head, verdict, None))
    }

    /// Drive a request to its verdict and report it. `head.facts` and `head.sample_info_events` are set by the guard.
    ///
    /// # Errors
    /// The response of the guard, in place of the application's.
    pub async fn check(
        &self,
        arrival: Arrival,
        head: Head<'_>,
        body: &mut impl BodySource,
    ) -> Result<Admission, GuardResponse> {
        self.check_with(arrival, head, body, None).await
    }

    /// [`Guard::check`] for a request that may have been checked before, under the policy of another route.
    ///
    /// # Errors
    /// The response of the guard, in place of the application's.
    pub async fn recheck(
        &self,
        arrival: Arrival,
        head: Head<'_>,
        body: &mut impl BodySource,
        replies: &mut StoreReplies,
    ) -> Result<Admission, GuardResponse> {
        self.check_with(arrival, head, body, Some(replies)).await
    }

    async fn check_with(
        &self,
        arrival: Arrival,
        head: Head<'_>,
        body: &mut impl BodySource,
        replies: Option<&mut StoreReplies>,
    ) -> Result<Admission, GuardResponse> {
        let inner = &*self.0;
        let mut scratch = ScratchLease::take();
        let facts = inner.facts();
        let head =
            Head { facts: &**facts, sample_info_events: inner.sample_info_events(arrival.now), ..head };
        let mut driver = Awaiting { inner, body, replies, replay: None, outage: false };
        let mut verdict = arrival.engine.drive(head, arrival.now, &mut scratch, &mut driver).await;
        let Awaiting { replay, outage, .. } = driver;
        drop(scratch);
        verdict.record.store_unavailable |= outage;
        self.0.apply_deferred(&arrival.engine, &mut verdict);
        self.report(arrival, &head, verdict, replay)
    }
}

/// The driver of a request for which nothing is awaited.
struct AtOnce<'d> {
    inner: &'d Inner,
    replies: Option<&'d mut StoreReplies>,
}

impl Driver for AtOnce<'_> {
    async fn apply(&mut self, batch: &Batch, _: OnUnavailable) -> Result<Replies, Unavailable> {
        let StoreResponse::Ready(replies) = self.inner.store.apply(batch) else { return Err(Unavailable) };
        if let (Some(known), Ok(replies)) = (&mut self.replies, &replies) {
            known.0.extend(batch.ops().iter().copied().zip(replies.iter().copied()));
        }
        replies
    }

    // `Guard::start` lets no request come here that needs the application or has a body.
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
struct Awaiting<'d, B> {
    inner: &'d Inner,
    body: &'d mut B,
    replies: Option<&'d mut StoreReplies>,
    /// What was read of the body, if it was to be read.
    replay: Option<Bytes>,
    /// The store did not reply, also when this process then counted on its own.
    outage: bool,
}

impl<B: BodySource> Driver for Awaiting<'_, B> {
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
        // An op that the store left without a reply is left without one here.
        Ok(batch.ops().iter().map_while(|op| find(known, op)).collect())
    }

    async fn verify(&mut self, need: &NeedVerify<'_, '_>) -> CredentialDecision {
        let Some(verifier) = self.inner.verifiers.get(need.verifier()) else {
            return CredentialDecision::Fail;
        };
        let secret = Secret::new(need.claim());
        let decision = async move { verifier.verify(secret).await };
        let decision = self.inner.call("verifier", need.verifier(), decision).await;
        decision.unwrap_or(CredentialDecision::Fail)
    }

    async fn run_hook(&mut self, need: &NeedHook<'_, '_>) -> HookDecision {
        let Some(hook) = self.inner.hooks.get(need.name()) else { return HookDecision::Fail };
        let request = HookRequest::new(need);
        let decision = async move { hook.ask(request).await };
        self.inner.call("hook", need.name(), decision).await.unwrap_or(HookDecision::Fail)
    }

    async fn read_body<'s, 'r>(&mut self, need: NeedBody<'s, 'r>) -> NextStep<'s, 'r> {
        let BodyOutcome { next, replay } = read(need, self.body).await;
        self.replay = Some(replay);
        next
    }
}

impl Inner {
    /// What a callback of the application answers, unless it panics or takes too long.
    async fn call<T>(&self, kind: &str, name: &str, asked: impl Future<Output = T>) -> Option<T> {
        match timeout(self.callback_deadline, caught(asked)).await {
            Ok(Some(answer)) => return Some(answer),
            Ok(None) => tracing::error!(kind, name, "a callback panicked and counts as failed"),
            Err(_) => tracing::warn!(kind, name, "a callback took too long and counts as failed"),
        }
        None
    }

    /// The store's answer, or this process's own where that is what the rules say.
    async fn apply(
        &self,
        batch: &Batch,
        on_unavailable: OnUnavailable,
        outage: &mut bool,
    ) -> Result<Replies, Unavailable> {
        let answer = self.ask_store(batch).await;
        *outage |= answer.is_err();
        match answer {
            Err(Unavailable) if on_unavailable == OnUnavailable::Local => match self.local.apply(batch) {
                StoreResponse::Ready(answer) => answer,
                StoreResponse::Pending(_) => Err(Unavailable),
            },
            answer => answer,
        }
    }

    pub(crate) async fn ask_store(&self, batch: &Batch) -> Result<Replies, Unavailable> {
        let answer = match self.store.apply(batch) {
            StoreResponse::Ready(answer) => answer,
            StoreResponse::Pending(answer) => {
                timeout(self.store_deadline, answer).await.unwrap_or(Err(Unavailable))
            }
        };
        self.record_store_reply(answer.is_ok());
        answer
    }

    /// Apply the writes that do not change the verdict, and add the events that follow from them.
    fn apply_deferred(self: &Arc<Self>, engine: &Arc<Engine>, verdict: &mut Verdict) {
        let Some(batch) = verdict.deferred.take() else { return };
        let outage = verdict.record.store_unavailable;
        let events = self.settle(engine, DeferredContext::from(&*verdict), *batch, outage);
        verdict.events.extend(events);
    }
}

/// Feed the body to the engine until it has seen enough.
async fn read<'s, 'r>(need: NeedBody<'s, 'r>, body: &mut impl BodySource) -> BodyOutcome<'s, 'r> {
    let deadline = Instant::now() + need.timeout().min(Duration::from_secs(3600));
    let mut need = need;
    loop {
        need = match timeout_at(deadline, body.chunk()).await {
            Err(_) => return need.abort(BodyFault::TimedOut),
            Ok(None) => return need.finish(),
            Ok(Some(Err(fault))) => return need.abort(fault),
            Ok(Some(Ok(chunk))) => match need.push(chunk) {
                Feed::More(need) => need,
                Feed::Ready(inspected) => return inspected,
            },
        };
    }
}

thread_local! {
    /// One warm scratch a thread; a request that is suspended takes it along and leaves the thread to make another.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// A scratch that returns to whichever thread the request ends on.
pub(crate) struct ScratchLease(Option<Box<Scratch>>);

impl ScratchLease {
    pub(crate) fn take() -> Self {
        Self(Some(SCRATCH.take().unwrap_or_default()))
    }
}

impl std::ops::Deref for ScratchLease {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        self.0.as_deref().expect("held until dropped")
    }
}

impl std::ops::DerefMut for ScratchLease {
    fn deref_mut(&mut self) -> &mut Scratch {
        self.0.as_deref_mut().expect("held until dropped")
    }
}

impl Drop for ScratchLease {
    fn drop(&mut self) {
        // A thread that is ending has no place for it any more.
        let _ = SCRATCH.try_with(|slot| slot.set(self.0.take()));
    }
}
