//! What a stage returns: go on, pause for somebody else's input, or reject.

use alloc::boxed::Box;

use crate::request::declared_body::DeclaredBody;
use crate::verdict::{Denial, Preflight};

/// A check rejected the request, and the request is not served.
pub(crate) struct Refusal(pub(crate) Box<Denial>);

/// The result of a check that needs nothing from outside.
pub(crate) type CheckResult = Result<(), Refusal>;

/// The result of a stage.
pub(crate) type StageResult<'r> = Result<Flow<'r>, Refusal>;

/// What follows a stage that does not reject.
pub(crate) enum Flow<'r> {
    /// The next stage.
    Continue,
    /// The request is a preflight; the guard answers it.
    Preflight(Box<Preflight>),
    /// The application verifies the credential.
    Verify { verifier: &'r str, credential: &'r [u8] },
    /// The body is read as `RequestContext::body_plan` says.
    Body,
    /// The application runs this hook.
    Hook(&'r str, HookPhase),
    /// The finding of the context is charged to the client.
    Punish,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookPhase {
    /// Before the request is inspected.
    Before,
    /// After every other check.
    After,
}

/// How the body of a request is read.
pub(crate) struct BodyPlan<'r> {
    pub(crate) declared: DeclaredBody<'r>,
    /// How many bytes are inspected.
    pub(crate) limit: usize,
    /// Whether a longer body is rejected.
    pub(crate) whole: bool,
    /// The longest body that is allowed, while the length is not known.
    pub(crate) max: Option<u64>,
    /// Whether anything is inspected, or the body is only measured.
    pub(crate) inspects: bool,
}
