//! The responses of the guard, in place of the application's. They do not depend on the framework.

use std::borrow::Cow;

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use portcullis_core::detect::{Class, Finding};
use portcullis_core::{Check, Denial, Preflight, ReferenceId};

use crate::guard::Guard;

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
    /// The cause of a rejection; `None` for a preflight response. Adapters add it to the response, for outer layers.
    pub rejection: Option<RejectionInfo>,
}

/// The cause of a rejection. Adapters add it to the response, where outer layers read it. It is not sent to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectionInfo {
    /// The check; `None` for a misconfiguration of the server.
    pub check: Option<Check>,
    /// The status of the response; for a gRPC call, whose status is a header, 200.
    pub status: StatusCode,
    /// The class of a detected attack.
    pub class: Option<Class>,
    /// The rule of a detected attack.
    pub rule: Option<Cow<'static, str>>,
    /// The reference id, as in the response, the events and the log lines.
    pub reference: Option<ReferenceId>,
    /// The number of the guard that rejected; `None` for a misconfiguration.
    pub(crate) guard: Option<u64>,
}

impl RejectionInfo {
    /// Whether `guard`, or a clone of it, rejected the request.
    #[must_use]
    pub fn is_by(&self, guard: &Guard) -> bool {
        self.guard == Some(guard.0.number)
    }
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

    /// The response to a request that a misconfigured server cannot check: status 500 and a short body. `advice`, the fix for
    /// the developer, is logged.
    #[must_use]
    pub fn misconfigured(advice: &str) -> Self {
        log_mistake(advice);
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        let rejection = Some(RejectionInfo {
            check: None,
            status,
            class: None,
            rule: None,
            reference: None,
            guard: None,
        });
        Self { status, headers, body: "Internal server error".into(), rejection }
    }

    /// The response to a request that is rejected with `denial`.
    pub(crate) fn of_denial(denial: Denial, finding: Option<&Finding>, guard: &Guard) -> Self {
        let status = StatusCode::from_u16(denial.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let rejection = RejectionInfo {
            check: Some(denial.check),
            status,
            class: finding.map(|finding| finding.class),
            rule: finding.map(|finding| finding.rule.clone()),
            reference: Some(denial.reference),
            guard: Some(guard.0.number),
        };
        Self { status, headers: denial.headers, body: denial.body, rejection: Some(rejection) }
    }
}

impl From<Preflight> for GuardResponse {
    fn from(preflight: Preflight) -> Self {
        let status = StatusCode::from_u16(preflight.status).unwrap_or(StatusCode::OK);
        Self { status, headers: preflight.headers, body: preflight.body, rejection: None }
    }
}

/// Log a mistake of the server with its fix.
pub(crate) fn log_mistake(advice: &str) {
    tracing::error!(target: "portcullis", "{advice}");
}
