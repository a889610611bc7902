//! The responses of the guard, in place of the application's. They do not depend on the framework.

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use portcullis_core::{Check, Denial, Preflight, ReferenceId};

/// A response of the guard: a rejection, a preflight response or an error of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardResponse {
    /// The status.
    pub status: StatusCode,
    /// The header lines, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: String,
    /// The check that rejected the request; `None` for a preflight response and for a misconfiguration.
    pub check: Option<Check>,
    /// The reference id of a rejection, as in its event and log line.
    pub reference: Option<ReferenceId>,
}

impl GuardResponse {
    /// Close the connection if the body was not read to its end: over HTTP/1, a server must not parse the rest of it as the
    /// next request (RFC 9112, section 9.3).
    #[must_use]
    pub fn close_connection_if(mut self, unread: bool) -> Self {
        if unread {
            self.headers.push((CONNECTION, HeaderValue::from_static("close")));
        }
        self
    }

    /// A 500 response with `advice`, the fix for the developer, as its body.
    #[must_use]
    pub fn misconfigured(advice: &str) -> Self {
        let plain = (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        let (status, body) = (StatusCode::INTERNAL_SERVER_ERROR, advice.into());
        Self { status, headers: vec![plain], body, check: None, reference: None }
    }
}

impl From<Denial> for GuardResponse {
    fn from(denial: Denial) -> Self {
        let status = StatusCode::from_u16(denial.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (check, reference) = (Some(denial.check), Some(denial.reference));
        Self { status, headers: denial.headers, body: denial.body, check, reference }
    }
}

impl From<Preflight> for GuardResponse {
    fn from(preflight: Preflight) -> Self {
        let status = StatusCode::from_u16(preflight.status).unwrap_or(StatusCode::OK);
        Self { status, headers: preflight.headers, body: preflight.body, check: None, reference: None }
    }
}
