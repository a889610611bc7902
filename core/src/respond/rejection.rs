//! The rejection of a check, before the response is written.

use alloc::string::String;
use core::time::Duration;

use http::HeaderValue;

use crate::checks::Check;

/// The rejection that a check returns. `Rules::denial` writes the response.
pub(crate) struct RejectionDraft {
    pub(crate) check: Check,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) retry_after: Option<Duration>,
    /// The target of a redirect, in place of a rejection.
    pub(crate) location: Option<HeaderValue>,
    /// The body is one of the application: it is sent unchanged, without content negotiation.
    pub(crate) verbatim: bool,
    /// The description of a detected attack; else empty.
    pub(crate) trigger: String,
    /// The reason in the wording of the Guard family's hook; empty to use the reason of the event.
    pub(crate) hook_reason: String,
}

impl RejectionDraft {
    pub(crate) fn new(check: Check, status: u16, body: impl Into<String>) -> Self {
        Self {
            check,
            status,
            body: body.into(),
            retry_after: None,
            location: None,
            verbatim: false,
            trigger: String::new(),
            hook_reason: String::new(),
        }
    }

    pub(crate) fn hook_reason(self, hook_reason: String) -> Self {
        Self { hook_reason, ..self }
    }
}
