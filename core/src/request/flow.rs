//! The results of stages: continue, pause for input from the driver, or reject.

use alloc::boxed::Box;

use crate::request::declared_body::DeclaredBody;
use crate::verdict::{Denial, Preflight};

/// The result of a check that needs no input from the driver.
pub(crate) type CheckResult = Result<(), Box<Denial>>;

/// The result of a stage.
pub(crate) type StageResult<'r> = Result<Flow<'r>, Box<Denial>>;

/// The result of a stage that does not reject.
pub(crate) enum Flow<'r> {
    /// Run the next stage.
    Continue,
    /// The request is a preflight; the guard replies to it.
    Preflight(Box<Preflight>),
    /// The application verifies the credential.
    Verify { verifier: &'r str, credential: &'r [u8] },
    /// The body is read by `RequestContext::body_plan`.
    Body,
    /// The application runs this hook.
    Hook(&'r str, HookPhase),
    /// The store counts the strikes for the finding of the context.
    Punish,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookPhase {
    /// Before the request is inspected.
    Before,
    /// After all other checks.
    After,
}

/// How the body of a request is read.
pub(crate) struct BodyPlan<'r> {
    pub(crate) declared: DeclaredBody<'r>,
    /// Maximum number of inspected bytes.
    pub(crate) limit: usize,
    /// Whether a longer body is rejected.
    pub(crate) whole: bool,
    /// The maximum length of the body, if its length is not declared.
    pub(crate) max: Option<u64>,
    /// Whether the body is inspected, or only its length is limited.
    pub(crate) inspects: bool,
}
