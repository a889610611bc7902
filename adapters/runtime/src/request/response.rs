//! What the guard answers itself, in the place of the application: the same whatever framework puts it on the wire.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use portcullis_core::{Denial, Preflight, Ticket};

use crate::request::drive::Checked;

/// A response of the guard's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardResponse {
    /// The status.
    pub status: StatusCode,
    /// The header lines, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: String,
}

impl GuardResponse {
    /// Close the connection when a body was not read to its end: over HTTP/1, what is left of it must not be taken for the
    /// next request.
    #[must_use]
    pub fn close_connection_if(mut self, unread: bool) -> Self {
        if unread {
            self.headers.push((CONNECTION, HeaderValue::from_static("close")));
        }
        self
    }

    /// An answer that tells a developer what to mend: 500 with `advice`.
    #[must_use]
    pub fn misconfigured(advice: &str) -> Self {
        let plain = (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, headers: vec![plain], body: advice.into() }
    }
}

impl From<Denial> for GuardResponse {
    fn from(denial: Denial) -> Self {
        let status = StatusCode::from_u16(denial.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: denial.headers, body: denial.body }
    }
}

impl From<Preflight> for GuardResponse {
    fn from(preflight: Preflight) -> Self {
        let status = StatusCode::from_u16(preflight.status).unwrap_or(StatusCode::OK);
        Self { status, headers: preflight.headers, body: preflight.body }
    }
}

/// A request that is to be served: the fields of [`Checked::Pass`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Admission {
    /// For the response.
    pub ticket: Ticket,
    /// What was read of the body, to be handed on before the rest.
    pub replay: Option<Bytes>,
    /// Who the verifier said is asking.
    pub principal: Option<String>,
}

impl Checked {
    /// The request to be served, or what is answered in its place.
    ///
    /// # Errors
    /// The guard's own answer.
    pub fn passed(self) -> Result<Admission, GuardResponse> {
        match self {
            Self::Pass { ticket, replay, principal } => Ok(Admission { ticket, replay, principal }),
            Self::Refuse(denial) => Err((*denial).into()),
            Self::Preflight(answer) => Err((*answer).into()),
        }
    }
}
