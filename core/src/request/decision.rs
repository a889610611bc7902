//! Inputs from the application and the connection: decisions of verifiers and hooks, and faults of bodies.

use alloc::string::String;
use alloc::vec::Vec;

use http::{HeaderName, HeaderValue};

/// The decision of a verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialDecision {
    /// The credential is valid.
    Accept,
    /// The credential is valid and belongs to this principal.
    AcceptAs(String),
    /// The credential is not valid.
    Reject,
    /// The verifier failed, or no verifier of that name is registered: the request is rejected.
    Fail,
}

/// The decision of a hook.
#[derive(Clone, Debug, PartialEq)]
pub enum HookDecision {
    /// The request may pass.
    Pass,
    /// Reject it with this status and body.
    Deny(u16, String),
    /// Reject it with this response.
    Respond(HookResponse),
    /// The hook failed, or no hook of that name is registered: `hooks.on_failure` decides.
    Fail,
}

/// A response made by a hook.
#[derive(Clone, Debug, PartialEq)]
pub struct HookResponse {
    /// The status, 300 to 599.
    pub status: u16,
    /// Headers; they replace those of the guard.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: String,
}

/// Why a body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFault {
    /// The client did not send it in time.
    TimedOut,
    /// The connection ended, or the framing is broken.
    Broken,
    /// The framework does not give the body to the guard, so it cannot be inspected. The text is the advice for the
    /// developer; a route can set `insecure_uninspected_body` instead.
    Withheld(&'static str),
}
