//! Bodies of rejections.
//!
//! A body that the operator configured for a status is sent unchanged. Otherwise the message of the check is written in
//! the format of the client: text, a problem document (RFC 9457), or a trailers-only response of gRPC.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use super::form::BodyFormat;
use crate::config::ErrorFormat;
use crate::rules::errors::ErrorBodies;

/// Capacity for the headers of a rejection without reallocation: the usual ones, and the reference id of the driver.
const HEADERS: usize = 14;

/// The status, content headers and body of a rejection.
pub(crate) struct RejectionBody {
    /// The HTTP status: 200 for gRPC, whose status is a header.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
    /// Whether the format depends on `Accept`.
    pub(crate) negotiated: bool,
}

impl ErrorBodies {
    /// Write the message of a check in `format`.
    pub(crate) fn write(&self, status: u16, message: &str, format: BodyFormat) -> RejectionBody {
        if let BodyFormat::Grpc(content_type) = format
            && status >= 400
        {
            return grpc(status, message, content_type);
        }
        if let Some(body) = self.bodies.get(&status) {
            return self.text(status, body.clone(), false);
        }
        let negotiated = self.format == ErrorFormat::Negotiate && status >= 400;
        if format == BodyFormat::Problem && status >= 400 {
            let headers = alloc::vec![(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
            return RejectionBody { status, headers, body: problem(status, message), negotiated };
        }
        self.text(status, message.into(), negotiated)
    }

    /// Send a body of the application unchanged.
    pub(crate) fn verbatim(&self, status: u16, body: &str) -> RejectionBody {
        self.text(status, body.into(), false)
    }

    fn text(&self, status: u16, body: String, negotiated: bool) -> RejectionBody {
        let mut headers = Vec::with_capacity(HEADERS);
        headers.push((CONTENT_TYPE, self.content_type.clone()));
        RejectionBody { status, headers, body, negotiated }
    }
}

/// A problem document (RFC 9457). `Denial::set_reference_id` replaces `{reference}`; the id needs no escaping in JSON.
fn problem(status: u16, message: &str) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = quoted(reason.unwrap_or("Error"));
    let detail = quoted(message);
    format!(
        r#"{{"type":"about:blank","title":{title},"status":{status},"detail":{detail},"reference":"{{reference}}"}}"#
    )
}

fn quoted(text: &str) -> String {
    // Serializing a string does not fail.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into())
}

fn grpc(status: u16, message: &str, content_type: &'static str) -> RejectionBody {
    let mut headers = alloc::vec![
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (HeaderName::from_static("grpc-status"), HeaderValue::from(grpc_status(status))),
    ];
    if let Ok(message) = HeaderValue::try_from(grpc_message(message)) {
        headers.push((HeaderName::from_static("grpc-message"), message));
    }
    RejectionBody { status: 200, headers, body: String::new(), negotiated: false }
}

/// The gRPC status for an HTTP status, by the mapping of `google.rpc.Code`.
///
/// The mapping of gRPC for HTTP responses of proxies does not fit: it maps 400 to an internal error and 429 to
/// `UNAVAILABLE`, which clients retry at once.
const fn grpc_status(status: u16) -> u16 {
    match status {
        400 | 415 | 422 => 3, // INVALID_ARGUMENT
        401 => 16,            // UNAUTHENTICATED
        403 => 7,             // PERMISSION_DENIED
        404 | 410 => 5,       // NOT_FOUND
        408 | 504 => 4,       // DEADLINE_EXCEEDED
        409 => 10,            // ABORTED
        413 | 429 => 8,       // RESOURCE_EXHAUSTED
        405 | 501 => 12,      // UNIMPLEMENTED
        402 | 406..=428 => 9, // FAILED_PRECONDITION
        500 => 13,            // INTERNAL
        502 | 503 => 14,      // UNAVAILABLE
        _ => 2,               // UNKNOWN
    }
}

/// Percent-encode a message as gRPC requires: all bytes but printable ASCII, and the percent sign.
fn grpc_message(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b'%' | 0..=0x1f | 0x7f.. => encoded.push_str(&format!("%{byte:02X}")),
            printable => encoded.push(char::from(printable)),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_in_every_form() {
        let words = "a \"quoted\" 100 %\nline \\ \u{e9}\u{1}";
        let body = problem(400, words);
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["detail"], words);
        assert_eq!(read["title"], "Bad Request");
        assert_eq!(read["status"], 400);
        assert_eq!(grpc_message(words), "a \"quoted\" 100 %25%0Aline \\ %C3%A9%01");
    }

    #[test]
    fn a_status_without_a_name_has_a_title_all_the_same() {
        let read: serde_json::Value = serde_json::from_str(&problem(499, "x")).unwrap();
        assert_eq!(read["title"], "Error");
    }

    #[test]
    fn statuses_of_rejections_have_their_equals_in_grpc() {
        let pairs = [(400, 3), (401, 16), (403, 7), (408, 4), (413, 8), (415, 3), (421, 9), (429, 8)];
        for (status, expected) in pairs.into_iter().chain([(500, 13), (503, 14), (599, 2)]) {
            assert_eq!(grpc_status(status), expected, "{status}");
        }
    }
}
