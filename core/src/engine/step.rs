//! The state machine of one request. The types of the steps define what the engine needs next.
//!
//! `resume` consumes a step, so a step can be resumed neither twice nor out of order. Only
//! [`Engine::begin`](crate::Engine::begin) returns [`NeedState`], so the types exclude a second awaited round trip.
//! Only a finding leads to [`NeedPunish`], and its replies only choose between two rejections.

use alloc::boxed::Box;
use bytes::Bytes;

use super::admit::admit;
use super::order;
use crate::body::replay::Replay;
use crate::check::{auth, ban, content, custom, suspicious};
use crate::config::OnUnavailable;
use crate::request::context::RequestContext;
use crate::request::decision::{BodyFault, CredentialDecision, HookDecision};
use crate::request::flow::{Flow, HookPhase, StageResult};
use crate::request::head::Head;
use crate::state::{Batch, Replies, Unavailable};
use crate::verdict::{Denial, Verdict};

/// The first step, from the head alone.
#[must_use]
pub enum Step<'s, 'r> {
    /// Decided.
    Done(Conclusion<'s, 'r>),
    /// The store applies a batch.
    State(NeedState<'s, 'r>),
    /// The request needs no state.
    Continue(NextStep<'s, 'r>),
}

/// A step after admission.
#[must_use]
pub enum NextStep<'s, 'r> {
    /// Decided.
    Done(Conclusion<'s, 'r>),
    /// The application verifies a credential.
    Verify(NeedVerify<'s, 'r>),
    /// The body is read.
    Body(NeedBody<'s, 'r>),
    /// The application runs a hook.
    Hook(NeedHook<'s, 'r>),
    /// The store counts the strikes for an attack.
    Punish(NeedPunish<'s, 'r>),
}

impl<'s, 'r> NextStep<'s, 'r> {
    pub(super) fn new(ctx: &'s mut RequestContext<'r>, flow: StageResult<'r>) -> Self {
        // For as long as the client or the application chooses.
        if matches!(flow, Ok(Flow::Verify { .. } | Flow::Body | Flow::Hook(..))) {
            ctx.scratch.suspend();
        }
        match flow {
            Ok(Flow::Continue) => Self::allow(ctx),
            Ok(Flow::Preflight(preflight)) => {
                ctx.preflight = Some(preflight);
                Self::Done(Conclusion { ctx })
            }
            Ok(Flow::Verify { verifier, credential }) => {
                Self::Verify(NeedVerify { ctx, verifier, credential })
            }
            Ok(Flow::Body) => Self::Body(NeedBody { ctx, replay: Replay::Empty }),
            Ok(Flow::Hook(name, phase)) => Self::Hook(NeedHook { ctx, name, phase }),
            Ok(Flow::Punish) => Self::Punish(NeedPunish { ctx }),
            Err(rejection) => Self::Done(Conclusion::deny(ctx, rejection)),
        }
    }

    pub(super) fn allow(ctx: &'s mut RequestContext<'r>) -> Self {
        Self::Done(Conclusion { ctx })
    }
}

/// The request is decided.
#[must_use]
pub struct Conclusion<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
}

impl<'s, 'r> Conclusion<'s, 'r> {
    pub(super) fn deny(ctx: &'s mut RequestContext<'r>, denial: Box<Denial>) -> Self {
        ctx.denial = Some(denial);
        Self { ctx }
    }

    /// The verdict.
    pub fn into_verdict(self) -> Verdict {
        self.ctx.take_verdict()
    }
}

/// The store applies a batch: the only round trip of most requests.
#[must_use]
pub struct NeedState<'s, 'r> {
    pub(super) ctx: &'s mut RequestContext<'r>,
}

impl<'s, 'r> NeedState<'s, 'r> {
    /// The batch.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// The configured behaviour if the store does not reply: for [`OnUnavailable::Local`], a driver with counters of
    /// its own uses them; otherwise it resumes with [`Unavailable`].
    #[must_use]
    pub fn on_unavailable(&self) -> OnUnavailable {
        self.ctx.on_unavailable()
    }

    /// Continue with the replies.
    pub fn resume(self, replies: Result<Replies, Unavailable>) -> NextStep<'s, 'r> {
        let flow = admit(self.ctx, &replies);
        NextStep::new(self.ctx, flow)
    }
}

/// The application verifies a credential.
#[must_use]
pub struct NeedVerify<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
    verifier: &'r str,
    credential: &'r [u8],
}

impl<'s, 'r> NeedVerify<'s, 'r> {
    /// The name of the verifier.
    #[must_use]
    pub const fn verifier(&self) -> &'r str {
        self.verifier
    }

    /// The credential. It is a secret: compare it in constant time and do not log it.
    #[must_use]
    pub const fn credential(&self) -> &'r [u8] {
        self.credential
    }

    /// The request, for the verifier.
    #[must_use]
    pub const fn head(&self) -> &Head<'r> {
        &self.ctx.head
    }

    /// The client, for the verifier.
    #[must_use]
    pub const fn client(&self) -> crate::client::Client {
        self.ctx.client
    }

    /// Continue with the decision of the verifier.
    pub fn resume(self, decision: CredentialDecision) -> NextStep<'s, 'r> {
        let flow = auth::apply_decision(self.ctx, decision).and_then(|()| order::next(self.ctx));
        NextStep::new(self.ctx, flow)
    }
}

/// The body is read. Chunks are kept and returned unchanged; the verdict does not depend on the chunk boundaries.
#[must_use]
pub struct NeedBody<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
    replay: Replay,
}

/// The result of pushing a chunk.
#[must_use]
pub enum Feed<'s, 'r> {
    /// Push the next chunk, or finish.
    More(NeedBody<'s, 'r>),
    /// Enough has been read: finish.
    Complete(NeedBody<'s, 'r>),
    /// Decided.
    Ready(BodyOutcome<'s, 'r>),
}

/// The result of reading the body.
#[must_use]
pub struct BodyOutcome<'s, 'r> {
    /// The next step.
    pub next: NextStep<'s, 'r>,
    /// The bytes that were read. The handler gets them, followed by the unread rest.
    pub replay: Bytes,
}

impl<'s, 'r> BodyOutcome<'s, 'r> {
    pub(super) fn new(ctx: &'s mut RequestContext<'r>, flow: StageResult<'r>, replay: Bytes) -> Self {
        let flow = match flow {
            Ok(Flow::Continue) => order::next(ctx),
            flow => flow,
        };
        Self { next: NextStep::new(ctx, flow), replay }
    }
}

impl<'s, 'r> NeedBody<'s, 'r> {
    /// The time limit for the whole body.
    #[must_use]
    pub fn timeout(&self) -> core::time::Duration {
        self.ctx.rules.body.timeout
    }

    /// Push a chunk.
    pub fn push(mut self, chunk: Bytes) -> Feed<'s, 'r> {
        let announced = content::announced_length(self.ctx);
        self.replay.push(chunk, announced);
        match content::measure(self.ctx, self.replay.len()) {
            Err(rejection) => Feed::Ready(self.conclude(Err(rejection))),
            Ok(true) => Feed::More(self),
            Ok(false) => Feed::Complete(self),
        }
    }

    /// The body has ended.
    pub fn finish(self) -> BodyOutcome<'s, 'r> {
        let flow = content::inspect(self.ctx, self.replay.bytes());
        self.conclude(flow)
    }

    /// The body could not be read to its end. In passive mode the request continues; the driver then passes the fault
    /// to the handler after the bytes that were read, so that a truncated body does not appear complete.
    pub fn abort(self, fault: BodyFault) -> BodyOutcome<'s, 'r> {
        let flow = content::reject_broken(self.ctx, fault).map(|()| Flow::Continue);
        self.conclude(flow)
    }

    fn conclude(self, flow: StageResult<'r>) -> BodyOutcome<'s, 'r> {
        BodyOutcome::new(self.ctx, flow, self.replay.freeze())
    }

    /// How many bytes would be inspected if the body ended here.
    pub(super) fn inspected_bytes(&self) -> usize {
        let plan = self.ctx.body_plan.as_ref().filter(|plan| plan.inspects);
        plan.map_or(0, |plan| self.replay.len().min(plan.limit))
    }

    pub(super) fn into_parts(self) -> (&'s mut RequestContext<'r>, Replay) {
        (self.ctx, self.replay)
    }
}

/// The application runs a hook.
#[must_use]
pub struct NeedHook<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
    name: &'r str,
    phase: HookPhase,
}

impl<'s, 'r> NeedHook<'s, 'r> {
    /// The name of the hook.
    #[must_use]
    pub const fn name(&self) -> &'r str {
        self.name
    }

    /// The request, for the hook.
    #[must_use]
    pub const fn head(&self) -> &Head<'r> {
        &self.ctx.head
    }

    /// The principal that a verifier returned, else that of the head.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.ctx.principal.as_deref().or(self.ctx.head.principal)
    }

    /// The client, for the hook.
    #[must_use]
    pub const fn client(&self) -> crate::client::Client {
        self.ctx.client
    }

    /// Continue with the decision of the hook.
    pub fn resume(self, decision: HookDecision) -> NextStep<'s, 'r> {
        let flow = custom::apply_decision(self.ctx, self.name, self.phase, decision);
        let flow = flow.and_then(|()| order::after(self.ctx));
        NextStep::new(self.ctx, flow)
    }
}

/// The store counts the strikes for an attack. The request is rejected, whatever the replies.
#[must_use]
pub struct NeedPunish<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
}

impl NeedPunish<'_, '_> {
    /// The strikes.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// Finish with the replies: 400, or 403 when the client is banned now.
    pub fn resume(self, replies: Result<Replies, Unavailable>) -> Verdict {
        self.ctx.record.store_unavailable |= replies.is_err();
        let outcome = ban::strike_outcome(&replies.unwrap_or_default());
        let denial = suspicious::reject(self.ctx, &outcome);
        self.ctx.denial = Some(denial);
        self.ctx.take_verdict()
    }
}
