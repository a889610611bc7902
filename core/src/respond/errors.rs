//! What a refused client reads.
//!
//! A body that the operator wrote for a status is sent as written. Otherwise the words of the check are put into the form
//! that the client reads: text, a problem document (RFC 9457), or a response of gRPC that consists of trailers only.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use super::form::BodyFormat;
use crate::config::ErrorFormat;
use crate::rules::errors::ErrorBodies;

/// Room for the headers of a refusal, so that it need not grow: the usual ones, and a reference id that the driver adds.
const HEADERS: usize = 14;

/// A refusal as it is written.
pub(crate) struct RefusalBody {
    /// The status of HTTP: 200 for gRPC, which has one of its own.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
    /// Whether another `Accept` might have led to another form.
    pub(crate) negotiated: bool,
}

impl ErrorBodies {
    /// The words of a check, written for a client that reads `form`.
    pub(crate) fn write(&self, status: u16, words: &str, form: BodyFormat) -> RefusalBody {
        if let BodyFormat::Grpc(content_type) = form
            && status >= 400
        {
            return grpc(status, words, content_type);
        }
        if let Some(body) = self.bodies.get(&status) {
            return self.text(status, body.clone(), false);
        }
        let negotiated = self.format == ErrorFormat::Negotiate && status >= 400;
        if form == BodyFormat::Problem && status >= 400 {
            let headers = alloc::vec![(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
            return RefusalBody { status, headers, body: problem(status, words), negotiated };
        }
        self.text(status, words.into(), negotiated)
    }

    /// A body that is nobody's to change.
    pub(crate) fn verbatim(&self, status: u16, body: &str) -> RefusalBody {
        self.text(status, body.into(), false)
    }

    fn text(&self, status: u16, body: String, negotiated: bool) -> RefusalBody {
        let mut headers = Vec::with_capacity(HEADERS);
        headers.push((CONTENT_TYPE, self.content_type.clone()));
        RefusalBody { status, headers, body, negotiated }
    }
}

/// A problem document. `{reference}` is filled in later, and is nothing that JSON would escape.
fn problem(status: u16, words: &str) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = quoted(reason.unwrap_or("Error"));
    let detail = quoted(words);
    format!(
        r#"{{"type":"about:blank","title":{title},"status":{status},"detail":{detail},"reference":"{{reference}}"}}"#
    )
}

fn quoted(text: &str) -> String {
    // Text always has a form in JSON.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into())
}

fn grpc(status: u16, words: &str, content_type: &'static str) -> RefusalBody {
    let mut headers = alloc::vec![
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (HeaderName::from_static("grpc-status"), HeaderValue::from(grpc_status(status))),
    ];
    if let Ok(message) = HeaderValue::try_from(grpc_message(words)) {
        headers.push((HeaderName::from_static("grpc-message"), message));
    }
    RefusalBody { status: 200, headers, body: String::new(), negotiated: false }
}

/// The status of gRPC that means what the status of HTTP means, as `google.rpc.Code` pairs them.
///
/// The table that gRPC gives clients for statuses of foreign proxies is another one: it reads 400 as a fault of the library
/// and 429 as an outage, which clients would try again at once.
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

/// Percent-encoded as the protocol wants it: everything but printable ASCII, and the percent sign.
fn grpc_message(words: &str) -> String {
    let mut message = String::with_capacity(words.len());
    for byte in words.bytes() {
        match byte {
            b'%' | 0..=0x1f | 0x7f.. => message.push_str(&format!("%{byte:02X}")),
            printable => message.push(char::from(printable)),
        }
    }
    message
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
    fn statuses_of_refusals_have_their_equals_in_grpc() {
        let pairs = [(400, 3), (401, 16), (403, 7), (408, 4), (413, 8), (415, 3), (421, 9), (429, 8)];
        for (status, expected) in pairs.into_iter().chain([(500, 13), (503, 14), (599, 2)]) {
            assert_eq!(grpc_status(status), expected, "{status}");
        }
    }
}
