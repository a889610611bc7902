//! The state machine of one request: what the engine needs next, as types.
//!
//! Every step is consumed by the answer to it, so it can be neither answered twice nor out of order. A step that can lead
//! to [`NeedState`] exists only before admission: a second awaited round trip cannot be written. [`NeedPunish`] is
//! entered by a finding only, and all it can choose is between two refusals.

use alloc::string::String;

use bytes::Bytes;

use crate::body::kind::Claim;
use crate::body::replay::Replay;
use crate::case::{Case, Objection, Refused};
use crate::check::content::{self, BodyFault};
use crate::check::suspicious::Found;
use crate::check::{ban, suspicious};
use crate::config::OnUnavailable;
use crate::engine::{admit, found, hook, inspect};
use crate::event::EventKind;
use crate::policy::Credential;
use crate::state::{Batch, Replies, Unavailable};
use crate::verdict::{Check, Gaps, Verdict};

/// What follows from the head alone.
#[must_use]
pub enum Step<'r> {
    /// Decided.
    Done(Verdict),
    /// The store has to be asked.
    State(NeedState<'r>),
    /// Nothing has to be remembered about this client.
    Admitted(Admitted<'r>),
}

/// What follows once the store has answered.
#[must_use]
pub enum Admitted<'r> {
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

/// The store has to be asked: the one round trip of a request.
#[must_use]
pub struct NeedState<'r> {
    pub(crate) case: Case<'r>,
}

impl<'r> NeedState<'r> {
    /// What to ask.
    pub fn batch(&self) -> &Batch {
        &self.case.scratch.batch
    }

    /// What to do if the store does not answer: a driver that can count on its own does so for
    /// [`OnUnavailable::Local`], and otherwise resumes with [`Unavailable`].
    #[must_use]
    pub fn on_unavailable(&self) -> OnUnavailable {
        self.case.on_unavailable()
    }

    /// Continue with the answer.
    pub fn resume(self, answer: Result<Replies, Unavailable>) -> Admitted<'r> {
        admit(self.case, answer)
    }
}

/// A credential has to be verified by the application.
#[must_use]
pub struct NeedVerify<'r> {
    pub(crate) case: Case<'r>,
    pub(crate) credential: &'r [u8],
}

/// What a verifier said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The credential is good.
    Accept,
    /// It is not.
    Reject,
    /// The verifier could not tell, or there is none of that name: the request is refused.
    Fail,
}

impl<'r> NeedVerify<'r> {
    /// The verifier to ask.
    #[must_use]
    pub fn verifier(&self) -> &'r str {
        let verify = self.case.policy.and_then(|policy| policy.verify.as_ref());
        verify.map_or("", |verification| &verification.verifier)
    }

    /// The credential. A secret: compare in constant time, keep it out of logs.
    #[must_use]
    pub const fn claim(&self) -> &'r [u8] {
        self.credential
    }

    /// Continue with the answer.
    pub fn resume(mut self, answer: Verified) -> Admitted<'r> {
        let reason = match answer {
            Verified::Accept => return inspect(self.case),
            Verified::Reject => {
                guessed(&mut self.case);
                "Authentication failed"
            }
            Verified::Fail => "Authentication error",
        };
        match unauthenticated(&mut self.case, reason) {
            Ok(()) => inspect(self.case),
            Err(refused) => Admitted::Done(self.case.refuse(refused)),
        }
    }

    /// The credential of the request, without its scheme.
    pub(crate) fn credential(case: &Case<'r>, credential: &Credential) -> Option<&'r [u8]> {
        let (name, scheme) = match credential {
            Credential::Bearer => ("authorization", "bearer "),
            Credential::Basic => ("authorization", "basic "),
            Credential::Header(name) => (name.as_str(), ""),
        };
        let mut found = None;
        case.head.headers.each(&mut |line, value| {
            let (head, rest) = value.split_at(scheme.len().min(value.len()));
            if line.eq_ignore_ascii_case(name) && head.eq_ignore_ascii_case(scheme.as_bytes()) {
                found = found.or(Some(rest.trim_ascii()).filter(|rest| !rest.is_empty()));
            }
        });
        found
    }
}

/// Object to a credential that is missing or not accepted.
pub(crate) fn unauthenticated(case: &mut Case<'_>, reason: &str) -> Result<(), Refused> {
    let action = case.action();
    let metadata = [("decorator_type", "authentication".into()), ("violation_type", "require_auth".into())];
    case.event(EventKind::DecoratorViolation, action, "middleware", String::from(reason), metadata);
    case.object(Objection::new(Check::Authentication, 401, "Authentication required"))
}

/// A credential that was looked at and is wrong is a strike, so that guessing ends in a ban. None at all is no guess,
/// and a verifier that fails must not ban the clients it fails.
fn guessed(case: &mut Case<'_>) {
    let mut batch = Batch::new(case.now);
    case.engine.rules.ban.strike(&mut batch, case, ban::Offence::Authentication, !case.passive());
    batch.ops().iter().for_each(|op| case.defer(*op));
}

/// The body has to be read. Chunks are kept and handed back unchanged; how a body is cut into chunks changes nothing.
#[must_use]
pub struct NeedBody<'r> {
    case: Case<'r>,
    claim: Claim<'r>,
    limit: usize,
    whole: bool,
    replay: Replay,
}

/// After a chunk.
#[must_use]
pub enum Feed<'r> {
    /// Push the next chunk, or finish.
    More(NeedBody<'r>),
    /// Enough has been read.
    Ready(Inspected<'r>),
}

/// A body that has been read as far as it is going to be.
#[must_use]
pub struct Inspected<'r> {
    /// What follows.
    pub next: Admitted<'r>,
    /// The bytes that were read, to be handed on, before whatever was not read.
    pub replay: Bytes,
}

impl<'r> NeedBody<'r> {
    pub(crate) fn new(case: Case<'r>, claim: Claim<'r>, limit: usize, whole: bool) -> Self {
        Self { case, claim, limit, whole, replay: Replay::Empty }
    }

    /// How long the client may take for the whole body.
    #[must_use]
    pub fn timeout(&self) -> core::time::Duration {
        self.case.engine.rules.body.timeout
    }

    /// Take a chunk.
    pub fn push(mut self, chunk: Bytes) -> Feed<'r> {
        let length = self.claim.length.and_then(|length| usize::try_from(length).ok());
        self.replay.push(chunk, length.unwrap_or(0).min(self.limit));
        if self.replay.len() <= self.limit {
            return Feed::More(self);
        }
        if self.whole {
            let limit = self.limit as u64;
            if let Err(refused) = content::too_large(&mut self.case, None, limit) {
                let next = Admitted::Done(self.case.refuse(refused));
                return Feed::Ready(Inspected { next, replay: self.replay.freeze() });
            }
        }
        self.case.coverage.gaps.add(Gaps::LENGTH);
        Feed::Ready(self.read())
    }

    /// The body has ended.
    pub fn finish(self) -> Inspected<'r> {
        self.read()
    }

    /// The body did not arrive. In passive mode the request goes on; then the driver hands the fault on behind what was
    /// read, because half a body must not look like a whole one.
    pub fn abort(mut self, fault: BodyFault) -> Inspected<'r> {
        let next = match content::broken(&mut self.case, fault) {
            Ok(()) => hook(self.case),
            Err(refused) => Admitted::Done(self.case.refuse(refused)),
        };
        Inspected { next, replay: self.replay.freeze() }
    }

    fn read(mut self) -> Inspected<'r> {
        let bytes = self.replay.bytes();
        let seen = &bytes[..bytes.len().min(self.limit)];
        let objected =
            match suspicious::inspect_body(&mut self.case, &self.claim, seen, bytes.len() > self.limit) {
                Err(Found::Attack(finding)) => {
                    let next = found(self.case, finding, hook);
                    return Inspected { next, replay: self.replay.freeze() };
                }
                Err(Found::Trap(_)) => content::trapped(&mut self.case),
                Ok(gaps) => content::incomplete(&mut self.case, gaps),
            };
        let next = match objected {
            Ok(()) => hook(self.case),
            Err(refused) => Admitted::Done(self.case.refuse(refused)),
        };
        Inspected { next, replay: self.replay.freeze() }
    }
}

/// A hook of the application has to be asked.
#[must_use]
pub struct NeedHook<'r> {
    pub(crate) case: Case<'r>,
    pub(crate) name: &'r str,
}

/// What a hook said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// The request may pass.
    Pass,
    /// It may not: status and body of the refusal.
    Deny(u16, String),
    /// The hook could not tell, or there is none of that name: the request is refused with 500.
    Fail,
}

impl<'r> NeedHook<'r> {
    /// The hook to ask.
    #[must_use]
    pub const fn name(&self) -> &'r str {
        self.name
    }

    /// The client, for the hook.
    #[must_use]
    pub const fn client(&self) -> crate::client::Client {
        self.case.client
    }

    /// Continue with the answer.
    pub fn resume(mut self, answer: HookAnswer) -> Admitted<'r> {
        self.case.hooks_asked += 1;
        let (status, body) = match answer {
            HookAnswer::Pass => return hook(self.case),
            HookAnswer::Deny(status, body) => (status.clamp(400, 599), body),
            HookAnswer::Fail => (500, "Security check failed".into()),
        };
        let action = self.case.action();
        let reason = "Custom request check returned blocking response".into();
        let metadata = [("check_function", self.name.into()), ("response_status", u32::from(status).into())];
        self.case.event(EventKind::CustomRequestCheck, action, "middleware", reason, metadata);
        match self.case.object(Objection::new(Check::CustomRequest, status, body)) {
            Ok(()) => hook(self.case),
            Err(refused) => Admitted::Done(self.case.refuse(refused)),
        }
    }
}

/// An attack has to be charged to the client. Whatever the answer, the request is refused.
#[must_use]
pub struct NeedPunish<'r> {
    pub(crate) case: Case<'r>,
}

impl NeedPunish<'_> {
    /// What to ask.
    pub fn batch(&self) -> &Batch {
        &self.case.scratch.batch
    }

    /// Finish with the answer: 400, or 403 when the client is banned now.
    pub fn resume(mut self, answer: Result<Replies, Unavailable>) -> Verdict {
        self.case.record.store_unavailable |= answer.is_err();
        let sentence = ban::sentenced(&answer.unwrap_or_default());
        match suspicious::refuse(&mut self.case, &sentence) {
            Err(refused) => self.case.refuse(refused),
            Ok(()) => self.case.allow(),
        }
    }
}
