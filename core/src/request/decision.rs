//! Inputs from the application and the connection: decisions of verifiers and hooks, and faults of bodies.

use alloc::string::String;
use alloc::vec::Vec;

use http::{HeaderName, HeaderValue, StatusCode};

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
    /// Reject it with this status, 400 to 599, and body. Another status is a fault of the hook.
    Deny(StatusCode, String),
    /// Reject it with this response.
    Respond(HookResponse),
    /// The hook failed, or no hook of that name is registered: `hooks.on_failure` decides.
    Fail,
}

/// A response made by a hook.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HookResponse {
    /// The status, 300 to 599. Another status is a fault of the hook.
    pub status: StatusCode,
    /// Headers; they replace those of the guard.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: String,
}

impl HookResponse {
    /// A response without headers and body.
    ///
    /// ```
    /// use http::{HeaderValue, StatusCode, header::LOCATION};
    /// use portcullis_core::{HookDecision, HookResponse};
    ///
    /// let elsewhere = HookResponse::new(StatusCode::SEE_OTHER).header(LOCATION, HeaderValue::from_static("/login"));
    /// let decision = HookDecision::Respond(elsewhere.body("please log in"));
    /// # let _ = decision;
    /// ```
    #[must_use]
    pub const fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// Add a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Set the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
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
    /// All bodies that the driver holds in memory together have reached their bound.
    Overloaded,
}
