//! The state machine of one request: what the engine needs next, as types.
//!
//! Every step is consumed by the answer to it, so it can be neither answered twice nor out of order. A step that can lead
//! to [`NeedState`] exists only before admission: a second awaited round trip cannot be written. [`NeedPunish`] is
//! entered by a finding only, and all it can choose is between two refusals.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use crate::body::kind::DeclaredBody;
use crate::body::replay::Replay;
use crate::check::content::{self, BodyFault};
use crate::check::suspicious::BodyFinding;
use crate::check::{auth, ban, custom, suspicious};
use crate::config::OnUnavailable;
use crate::engine::{When, admit, found, hook};
use crate::request::context::{Refusal, RequestContext};
use crate::request::head::Head;
use crate::state::{Batch, Replies, Unavailable};
use crate::verdict::{Gaps, Preflight, Verdict};

/// What follows from the head alone.
#[must_use]
pub enum Step<'r> {
    /// Decided.
    Done(Verdict),
    /// The store has to be asked.
    State(NeedState<'r>),
    /// Nothing has to be remembered about this client.
    Continue(NextStep<'r>),
}

/// What follows once the store has answered.
#[must_use]
pub enum NextStep<'r> {
    /// Decided.
    Done(Verdict),
    /// A credential has to be verified by the application.
    Verify(NeedVerify<'r>),
    /// The body has to be read.
    Body(NeedBody<'r>),
    /// A hook of the application has to be asked.
    Hook(NeedHook<'r>),
    /// An attack has to be charged to the client.
    Punish(NeedPunish<'r>),
}

/// What follows for a request, before it is made a step of its own: checks hand this on, and not the whole request.
pub(crate) enum Next<'r> {
    /// Let it pass.
    Allow,
    /// Answer the preflight that it is.
    Preflight(Box<Preflight>),
    /// Have the credential verified.
    Verify { verifier: &'r str, credential: &'r [u8] },
    /// Read the body.
    Body(BodyPlan<'r>),
    /// Ask this hook.
    Hook(&'r str, When),
    /// Charge the attack to the client.
    Punish,
}

/// What follows, unless a check refuses the request.
pub(crate) type Flow<'r> = Result<Next<'r>, Refusal>;

impl<'r> RequestContext<'r> {
    /// The step that follows.
    pub(crate) fn follow(self, flow: Flow<'r>) -> NextStep<'r> {
        match flow {
            Ok(Next::Allow) => NextStep::Done(self.allow()),
            Ok(Next::Preflight(preflight)) => NextStep::Done(self.answer(preflight)),
            Ok(Next::Verify { verifier, credential }) => {
                NextStep::Verify(NeedVerify { ctx: self, verifier, credential })
            }
            Ok(Next::Body(plan)) => NextStep::Body(NeedBody { ctx: self, plan, replay: Replay::Empty }),
            Ok(Next::Hook(name, when)) => NextStep::Hook(NeedHook { ctx: self, name, when }),
            Ok(Next::Punish) => NextStep::Punish(NeedPunish { ctx: self }),
            Err(refused) => NextStep::Done(self.refuse(refused)),
        }
    }
}

/// The store has to be asked: the one round trip of a request.
#[must_use]
pub struct NeedState<'r> {
    pub(crate) ctx: RequestContext<'r>,
}

impl<'r> NeedState<'r> {
    /// What to ask.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// What to do if the store does not answer: a driver that can count on its own does so for
    /// [`OnUnavailable::Local`], and otherwise resumes with [`Unavailable`].
    #[must_use]
    pub fn on_unavailable(&self) -> OnUnavailable {
        self.ctx.on_unavailable()
    }

    /// Continue with the answer.
    pub fn resume(mut self, answer: Result<Replies, Unavailable>) -> NextStep<'r> {
        let flow = admit(&mut self.ctx, &answer);
        self.ctx.follow(flow)
    }
}

/// A credential has to be verified by the application.
#[must_use]
pub struct NeedVerify<'r> {
    pub(crate) ctx: RequestContext<'r>,
    pub(crate) verifier: &'r str,
    pub(crate) credential: &'r [u8],
}

/// What a verifier said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialDecision {
    /// The credential is good.
    Accept,
    /// The credential is good, and this is whose it is.
    AcceptAs(String),
    /// It is not.
    Reject,
    /// The verifier could not tell, or there is none of that name: the request is refused.
    Fail,
}

impl<'r> NeedVerify<'r> {
    /// The verifier to ask.
    #[must_use]
    pub const fn verifier(&self) -> &'r str {
        self.verifier
    }

    /// The credential. A secret: compare in constant time, keep it out of logs.
    #[must_use]
    pub const fn claim(&self) -> &'r [u8] {
        self.credential
    }

    /// Continue with the answer.
    pub fn resume(mut self, answer: CredentialDecision) -> NextStep<'r> {
        let flow = auth::judge(&mut self.ctx, answer);
        self.ctx.follow(flow)
    }
}

/// The body has to be read. Chunks are kept and handed back unchanged; how a body is cut into chunks changes nothing.
#[must_use]
pub struct NeedBody<'r> {
    ctx: RequestContext<'r>,
    plan: BodyPlan<'r>,
    replay: Replay,
}

/// What is wanted of a body.
pub(crate) struct BodyPlan<'r> {
    pub(crate) claim: DeclaredBody<'r>,
    /// How many bytes are looked at.
    pub(crate) limit: usize,
    /// Whether a longer body is objected to.
    pub(crate) whole: bool,
    /// The longest body that may be, while that is not known yet.
    pub(crate) most: Option<u64>,
    /// Whether anything is looked at, or only measured.
    pub(crate) inspects: bool,
}

/// After a chunk.
#[must_use]
pub enum Feed<'r> {
    /// Push the next chunk, or finish.
    More(NeedBody<'r>),
    /// Enough has been read.
    Ready(BodyOutcome<'r>),
}

/// A body that has been read as far as it is going to be.
#[must_use]
pub struct BodyOutcome<'r> {
    /// What follows.
    pub next: NextStep<'r>,
    /// The bytes that were read, to be handed on, before whatever was not read.
    pub replay: Bytes,
}

impl<'r> NeedBody<'r> {
    /// How long the client may take for the whole body.
    #[must_use]
    pub fn timeout(&self) -> core::time::Duration {
        self.ctx.engine.rules.body.timeout
    }

    /// Take a chunk.
    pub fn push(mut self, chunk: Bytes) -> Feed<'r> {
        let BodyPlan { claim, limit, inspects, .. } = &self.plan;
        let length = claim.length.and_then(|length| usize::try_from(length).ok());
        self.replay.push(chunk, length.unwrap_or(0).min(*limit));
        let reads_on = *inspects && self.replay.len() <= *limit;
        if let Err(refused) = self.measure() {
            return Feed::Ready(self.follow(Err(refused)));
        }
        // A length that is still open is read for, also beyond what is inspected.
        if self.plan.most.is_some() || reads_on {
            return Feed::More(self);
        }
        Feed::Ready(self.read())
    }

    /// The body has ended.
    pub fn finish(self) -> BodyOutcome<'r> {
        self.read()
    }

    /// Object to a body that has become too long; each limit is news once.
    fn measure(&mut self) -> Result<(), Refusal> {
        let (read, plan) = (self.replay.len(), &mut self.plan);
        if let Some(most) = plan.most.take_if(|most| read as u64 > *most) {
            content::beyond(&mut self.ctx, None, most)?;
        }
        if plan.whole && read > plan.limit {
            plan.whole = false;
            content::too_large(&mut self.ctx, None, plan.limit as u64)?;
        }
        Ok(())
    }

    /// The body did not arrive. In passive mode the request goes on; then the driver hands the fault on behind what was
    /// read, because half a body must not look like a whole one.
    pub fn abort(mut self, fault: BodyFault) -> BodyOutcome<'r> {
        let objected = content::broken(&mut self.ctx, fault);
        let flow = objected.and_then(|()| hook(&mut self.ctx));
        self.follow(flow)
    }

    fn read(mut self) -> BodyOutcome<'r> {
        let flow = if self.plan.inspects { self.inspect() } else { hook(&mut self.ctx) };
        self.follow(flow)
    }

    fn inspect(&mut self) -> Flow<'r> {
        let Self { ctx, plan, replay } = self;
        let bytes = replay.bytes();
        let cut = bytes.len() > plan.limit;
        if cut {
            ctx.coverage.gaps.add(Gaps::LENGTH);
        }
        let seen = &bytes[..bytes.len().min(plan.limit)];
        match suspicious::inspect_body(ctx, &plan.claim, seen, cut) {
            Err(BodyFinding::Attack(finding)) => return found(ctx, finding, hook),
            Err(BodyFinding::Trap(_)) => content::trapped(ctx)?,
            Ok(gaps) => content::incomplete(ctx, gaps)?,
        }
        hook(ctx)
    }

    fn follow(self, flow: Flow<'r>) -> BodyOutcome<'r> {
        BodyOutcome { next: self.ctx.follow(flow), replay: self.replay.freeze() }
    }
}

/// A hook of the application has to be asked.
#[must_use]
pub struct NeedHook<'r> {
    pub(crate) ctx: RequestContext<'r>,
    pub(crate) name: &'r str,
    pub(crate) when: When,
}

/// What a hook said.
#[derive(Clone, Debug, PartialEq)]
pub enum HookDecision {
    /// The request may pass.
    Pass,
    /// It may not: status and body of the refusal.
    Deny(u16, String),
    /// It may not, and this is the response.
    Respond(HookResponse),
    /// The hook could not tell, or there is none of that name: what `hooks.on_failure` says.
    Fail,
}

/// A response of a hook's own.
#[derive(Clone, Debug, PartialEq)]
pub struct HookResponse {
    /// The status, 300 to 599.
    pub status: u16,
    /// Headers; they win over those of the guard.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: String,
}

impl<'r> NeedHook<'r> {
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
    pub const fn client(&self) -> crate::request::client::Client {
        self.ctx.client
    }

    /// Continue with the answer.
    pub fn resume(mut self, answer: HookDecision) -> NextStep<'r> {
        let flow = custom::judge(&mut self.ctx, self.name, self.when, answer);
        self.ctx.follow(flow)
    }
}

/// An attack has to be charged to the client. Whatever the answer, the request is refused.
#[must_use]
pub struct NeedPunish<'r> {
    pub(crate) ctx: RequestContext<'r>,
}

impl NeedPunish<'_> {
    /// What to ask.
    pub fn batch(&self) -> &Batch {
        &self.ctx.scratch.batch
    }

    /// Finish with the answer: 400, or 403 when the client is banned now.
    pub fn resume(mut self, answer: Result<Replies, Unavailable>) -> Verdict {
        self.ctx.record.store_unavailable |= answer.is_err();
        let sentence = ban::strike_outcome(&answer.unwrap_or_default());
        match suspicious::refuse(&mut self.ctx, &sentence) {
            Err(refused) => self.ctx.refuse(refused),
            Ok(()) => self.ctx.allow(),
        }
    }
}
