//! A rejection before it is written: what a check rejects with.

use alloc::string::String;
use core::time::Duration;

use http::HeaderValue;

use crate::checks::Check;

/// What a check objects to.
pub(crate) struct RejectionDraft {
    pub(crate) check: Check,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) retry_after: Option<Duration>,
    /// Where to go instead: the refusal is a redirect.
    pub(crate) location: Option<HeaderValue>,
    /// The body is a response of the application's: sent as it is, whatever the client reads.
    pub(crate) verbatim: bool,
    /// What an attack was told by.
    pub(crate) trigger: String,
    /// Why, as the family's hook words it; empty for the reason of the event.
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
