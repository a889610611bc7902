//! The state machine of one request: what the engine needs next, as types.
//!
//! Every step is consumed by the answer to it, so it can be neither answered twice nor out of order. A step that can lead
//! to [`NeedState`] exists only before admission: a second awaited round trip cannot be written. [`NeedPunish`] is
//! entered by a finding only, and all it can choose is between two refusals.

use bytes::Bytes;

use super::admit::admit;
use super::order;
use crate::body::replay::Replay;
use crate::check::{auth, ban, content, custom, suspicious};
use crate::config::OnUnavailable;
use crate::request::context::RequestContext;
use crate::request::decision::{BodyFault, CredentialDecision, HookDecision};
use crate::request::flow::{Flow, HookPhase, Refusal, StageResult};
use crate::request::head::Head;
use crate::state::{Batch, Replies, Unavailable};
use crate::verdict::Verdict;

/// What follows from the head alone.
#[must_use]
pub enum Step<'s, 'r> {
    /// Decided.
    Done(Conclusion<'s, 'r>),
    /// The store applies a batch.
    State(NeedState<'s, 'r>),
    /// No state is needed for this request.
    Continue(NextStep<'s, 'r>),
}

/// What follows once the store has replied.
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
    /// An attack is charged to the client.
    Punish(NeedPunish<'s, 'r>),
}

impl<'s, 'r> NextStep<'s, 'r> {
    pub(super) fn new(ctx: &'s mut RequestContext<'r>, flow: StageResult<'r>) -> Self {
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
            Err(refusal) => Self::Done(Conclusion::deny(ctx, refusal)),
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
    pub(super) fn deny(ctx: &'s mut RequestContext<'r>, Refusal(denial): Refusal) -> Self {
        ctx.denial = Some(denial);
        Self { ctx }
    }

    /// The verdict.
    pub fn into_verdict(self) -> Verdict {
        self.ctx.take_verdict()
    }
}

/// The store applies a batch: the one round trip of a request.
#[must_use]
pub struct NeedState<'s, 'r> {
    pub(super) ctx: &'s mut RequestContext<'r>,
}

impl<'s, 'r> NeedState<'s, 'r> {
    /// The batch.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// What to do if the store does not reply: a driver that can count on its own does so for
    /// [`OnUnavailable::Local`], and otherwise resumes with [`Unavailable`].
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

    /// The credential. A secret: compare in constant time, keep it out of logs.
    #[must_use]
    pub const fn claim(&self) -> &'r [u8] {
        self.credential
    }

    /// Continue with the decision of the verifier.
    pub fn resume(self, decision: CredentialDecision) -> NextStep<'s, 'r> {
        let flow = auth::apply_decision(self.ctx, decision).and_then(|()| order::next(self.ctx));
        NextStep::new(self.ctx, flow)
    }
}

/// The body is read. Chunks are kept and handed back unchanged; how a body is cut into chunks changes nothing.
#[must_use]
pub struct NeedBody<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
    replay: Replay,
}

/// After a chunk.
#[must_use]
pub enum Feed<'s, 'r> {
    /// Push the next chunk, or finish.
    More(NeedBody<'s, 'r>),
    /// Enough has been read.
    Ready(BodyOutcome<'s, 'r>),
}

/// A body that has been read as far as it is going to be.
#[must_use]
pub struct BodyOutcome<'s, 'r> {
    /// What follows.
    pub next: NextStep<'s, 'r>,
    /// The bytes that were read, for the handler, in front of whatever was not read.
    pub replay: Bytes,
}

impl<'s, 'r> NeedBody<'s, 'r> {
    /// How long the client may take for the whole body.
    #[must_use]
    pub fn timeout(&self) -> core::time::Duration {
        self.ctx.rules.body.timeout
    }

    /// Take a chunk.
    pub fn push(mut self, chunk: Bytes) -> Feed<'s, 'r> {
        let announced = content::announced_length(self.ctx);
        self.replay.push(chunk, announced);
        match content::measure(self.ctx, self.replay.len()) {
            Err(refusal) => Feed::Ready(self.conclude(Err(refusal))),
            Ok(true) => Feed::More(self),
            Ok(false) => Feed::Ready(self.finish()),
        }
    }

    /// The body has ended.
    pub fn finish(self) -> BodyOutcome<'s, 'r> {
        let flow = content::inspect(self.ctx, self.replay.bytes());
        self.conclude(flow)
    }

    /// The body did not arrive. In passive mode the request goes on; then the driver passes the fault on behind what was
    /// read, so that half a body does not look like a whole one.
    pub fn abort(self, fault: BodyFault) -> BodyOutcome<'s, 'r> {
        let flow = content::reject_broken(self.ctx, fault).map(|()| Flow::Continue);
        self.conclude(flow)
    }

    fn conclude(self, flow: StageResult<'r>) -> BodyOutcome<'s, 'r> {
        let flow = match flow {
            Ok(Flow::Continue) => order::next(self.ctx),
            flow => flow,
        };
        BodyOutcome { next: NextStep::new(self.ctx, flow), replay: self.replay.freeze() }
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
    /// The hook to ask.
    #[must_use]
    pub const fn name(&self) -> &'r str {
        self.name
    }

    /// The request, for the hook.
    #[must_use]
    pub const fn head(&self) -> &Head<'r> {
        &self.ctx.head
    }

    /// Who is asking, where the application or a verifier said so.
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

/// An attack is charged to the client. Whatever the replies, the request is rejected.
#[must_use]
pub struct NeedPunish<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
}

impl NeedPunish<'_, '_> {
    /// The batch of strikes.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// Finish with the replies: 400, or 403 when the client is banned now.
    pub fn resume(self, replies: Result<Replies, Unavailable>) -> Verdict {
        self.ctx.record.store_unavailable |= replies.is_err();
        let outcome = ban::strike_outcome(&replies.unwrap_or_default());
        let Refusal(denial) = suspicious::reject(self.ctx, &outcome);
        self.ctx.denial = Some(denial);
        self.ctx.take_verdict()
    }
}
