//! The one loop that drives a request through the engine; every adapter calls it.
//!
//! Its awaits are: the store (once, under a deadline; never for an in-memory store), the application's verifier and
//! hooks, the chunks of the body (under a deadline), and for a finding the store once more.

use std::cell::Cell;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, Op, Replies, Reply, StateStore, StoreResponse, Unavailable};
use portcullis_core::{
    BodyFault, BodyOutcome, Clock, CredentialDecision, DeferredContext, Denial, Engine, Feed, Head,
    HookDecision, NeedBody, NextStep, Preflight, Scratch, Step, Ticket, Timestamp, Verdict,
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::guard::{Guard, Inner};
use crate::request::callbacks::{HookRequest, Secret, caught};

/// Where the chunks of a body come from.
pub trait BodySource {
    /// The next chunk, a fault, or the end. Where it is `Send`, so is [`Guard::check`].
    fn chunk(&mut self) -> impl Future<Output = Option<Result<Bytes, BodyFault>>>;
}

/// What an adapter does with a request.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum Checked {
    /// Serve it, with the bytes of the body that were read, if any were; hand the ticket to
    /// [`Engine::respond`] with the response.
    Pass {
        /// For the response.
        ticket: Ticket,
        /// What was read of the body, to be handed on before the rest.
        replay: Option<Bytes>,
        /// Who the verifier said is asking; adapters hand it to the handler.
        principal: Option<String>,
    },
    /// Answer with this instead.
    Refuse(Box<Denial>),
    /// A preflight of CORS, which the guard answers itself.
    Preflight(Box<Preflight>),
}

/// What the store has answered about one request so far, for frameworks that put a request to several routes in a row: see
/// [`Guard::recheck`].
#[derive(Debug, Default)]
pub struct StoreReplies(Vec<(Op, Reply)>);

impl Guard {
    /// Drive a request to its verdict, report it, and say what to do. `head.facts` and `head.sample_info_events` are the guard's.
    pub async fn check(&self, engine: &Engine, head: Head<'_>, body: &mut impl BodySource) -> Checked {
        self.check_seen(engine, head, body, DriveState::default()).await
    }

    /// [`Guard::check`] for a request that may have been checked before, under the policy of another route: what the store
    /// has answered about it, and counted for it, it is not asked again.
    pub async fn recheck(
        &self,
        engine: &Engine,
        head: Head<'_>,
        body: &mut impl BodySource,
        answers: &mut StoreReplies,
    ) -> Checked {
        self.check_seen(engine, head, body, DriveState { answers: Some(answers), ..DriveState::default() })
            .await
    }

    async fn check_seen(
        &self,
        engine: &Engine,
        head: Head<'_>,
        body: &mut impl BodySource,
        mut seen: DriveState<'_>,
    ) -> Checked {
        let mut scratch = ScratchLease::take();
        let now = self.0.clock.now();
        let facts = self.0.facts();
        let head = Head { facts: &**facts, sample_info_events: self.0.sample_info_events(now), ..head };
        let mut verdict = self.0.drive(engine, head, now, body, &mut scratch, &mut seen).await;
        drop(scratch);
        verdict.record.store_unavailable |= seen.outage;
        self.0.defer(engine, &mut verdict);
        self.0.report(engine, &head, verdict, now, seen.replay)
    }
}

impl Guard {
    /// [`Guard::recheck`] for a request that can be decided without waiting for anything: it has no body, the store
    /// answers at once, nobody has to be asked, and it was not checked before. `None` for any other. `answers` keep what the
    /// store says, where the request may be checked again.
    pub fn check_sync(
        &self,
        engine: &Engine,
        head: Head<'_>,
        answers: Option<&mut StoreReplies>,
    ) -> Option<Checked> {
        let known = answers.as_ref().is_some_and(|answers| !answers.0.is_empty());
        if head.has_body || known || !self.0.store.is_synchronous() || engine.needs_application(&head) {
            return None;
        }
        let now = self.0.clock.now();
        let facts = self.0.facts.load();
        let head = Head { facts: &***facts, sample_info_events: self.0.sample_info_events(now), ..head };
        let mut scratch = ScratchLease::take();
        // The engine's own loop, for want of anything to wait for; it hands deferred writes to the store.
        let mut decide = |store: &dyn StateStore| {
            engine.evaluate_head(head, Bytes::new(), store, &FixedClock(now), &mut scratch)
        };
        let verdict = match answers {
            None => decide(&*self.0.store),
            Some(answers) => decide(&RecordingStore { store: &*self.0.store, answers: Mutex::new(answers) }),
        };
        drop(scratch);
        Some(self.0.report(engine, &head, verdict, now, None))
    }
}

/// A store whose answers are kept.
#[derive(Debug)]
struct RecordingStore<'s> {
    store: &'s dyn StateStore,
    answers: Mutex<&'s mut StoreReplies>,
}

impl StateStore for RecordingStore<'_> {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        let answer = self.store.apply(batch);
        if let StoreResponse::Ready(Ok(replies)) = &answer {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.0.extend(batch.ops().iter().copied().zip(replies.iter().copied()));
        }
        answer
    }

    fn defer(&self, batch: &Batch) {
        self.store.defer(batch);
    }
}

/// The instant at which a request began, whoever asks.
struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What the loop learns beside the verdict.
#[derive(Default)]
struct DriveState<'s> {
    /// What the store said before; what it says now is added.
    answers: Option<&'s mut StoreReplies>,
    /// What was read of the body, if anything was to be read.
    replay: Option<Bytes>,
    /// The store did not answer, also when this process then counted on its own.
    outage: bool,
}

impl Inner {
    async fn drive<'r>(
        &'r self,
        engine: &'r Engine,
        head: Head<'r>,
        now: Timestamp,
        body: &mut impl BodySource,
        scratch: &'r mut Scratch,
        seen: &mut DriveState<'_>,
    ) -> Verdict {
        let mut step = match engine.begin(head, now, scratch) {
            Step::Done(verdict) => return verdict,
            Step::Continue(admitted) => admitted,
            Step::State(need) => {
                let answer = self.ask_new(need.batch(), need.on_unavailable(), seen).await;
                need.resume(answer)
            }
        };
        loop {
            step = match step {
                NextStep::Done(verdict) => return verdict,
                NextStep::Verify(need) => {
                    let answer = match self.verifiers.get(need.verifier()) {
                        Some(verifier) => {
                            let secret = Secret::new(need.claim());
                            let asked = async move { verifier.verify(secret).await };
                            self.answer("verifier", need.verifier(), asked)
                                .await
                                .unwrap_or(CredentialDecision::Fail)
                        }
                        None => CredentialDecision::Fail,
                    };
                    need.resume(answer)
                }
                NextStep::Hook(need) => {
                    let answer = match self.hooks.get(need.name()) {
                        Some(hook) => {
                            let request = HookRequest::new(&need);
                            let asked = async move { hook.ask(request).await };
                            self.answer("hook", need.name(), asked).await.unwrap_or(HookDecision::Fail)
                        }
                        None => HookDecision::Fail,
                    };
                    need.resume(answer)
                }
                NextStep::Body(need) => {
                    let BodyOutcome { next, replay: read } = read(need, body).await;
                    seen.replay = Some(read);
                    next
                }
                NextStep::Punish(need) => {
                    let answer = self.ask(need.batch(), OnUnavailable::Local, &mut seen.outage).await;
                    return need.resume(answer);
                }
            };
        }
    }

    /// What a callback of the application answers, unless it panics or takes too long.
    async fn answer<T>(&self, kind: &str, name: &str, asked: impl Future<Output = T>) -> Option<T> {
        match timeout(self.callback_deadline, caught(asked)).await {
            Ok(Some(answer)) => return Some(answer),
            Ok(None) => tracing::error!(kind, name, "a callback panicked and counts as failed"),
            Err(_) => tracing::warn!(kind, name, "a callback took too long and counts as failed"),
        }
        None
    }

    /// [`Self::ask`], but for what was answered before.
    async fn ask_new(
        &self,
        batch: &Batch,
        on_unavailable: OnUnavailable,
        seen: &mut DriveState<'_>,
    ) -> Result<Replies, Unavailable> {
        let Some(StoreReplies(known)) = &mut seen.answers else {
            return self.ask(batch, on_unavailable, &mut seen.outage).await;
        };
        let on_response = |known: &[(Op, Reply)], op: &Op| {
            known.iter().find(|(asked, _)| asked == op).map(|(_, reply)| *reply)
        };
        let mut new = Batch::new(batch.now());
        for op in batch.ops().iter().filter(|op| on_response(known, op).is_none()) {
            new.push(*op);
        }
        if !new.ops().is_empty() {
            let replies = self.ask(&new, on_unavailable, &mut seen.outage).await?;
            known.extend(new.ops().iter().copied().zip(replies));
        }
        // A store that left an op unanswered leaves it so here.
        Ok(batch.ops().iter().map_while(|op| on_response(known, op)).collect())
    }

    /// The store's answer, or this process's own where that is what the rules say.
    async fn ask(
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

    /// Hand over the writes that do not change the verdict, and add what came of them.
    fn defer(self: &Arc<Self>, engine: &Engine, verdict: &mut Verdict) {
        let Some(batch) = verdict.deferred.take() else { return };
        let outage = verdict.record.store_unavailable;
        // A task that awaits the store outlives this request; its engine is this one, not a newer one.
        let engine = Arc::new(engine.clone());
        let events = self.settle(&engine, DeferredContext::from(&*verdict), *batch, outage);
        verdict.events.extend(events);
    }
}

/// Feed the body to the engine until it has seen enough.
async fn read<'r>(need: NeedBody<'r>, body: &mut impl BodySource) -> BodyOutcome<'r> {
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
