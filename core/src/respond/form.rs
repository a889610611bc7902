//! Content negotiation of rejections: a line of text, a problem document (RFC 9457), or a gRPC status.
//!
//! Text is the default, also for a client that accepts `*/*`. A client that lists JSON in `Accept`, with at least the
//! weight of text, gets a problem document. A gRPC call is detected by its content type: gRPC libraries read the status
//! and message from `grpc-status` and `grpc-message`, not from a body.

use crate::config::ErrorFormat;
use crate::request::head::{CommonHeaders, Head, HeaderValues};
use crate::text::is_name;

/// Maximum bytes of `Accept` that are read; the rest is ignored.
const MAX_ACCEPT: usize = 1024;

/// The format of the body of a rejection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    /// A line of text.
    #[default]
    Text,
    /// `application/problem+json`.
    Problem,
    /// A trailers-only response of gRPC, with this content type.
    Grpc(&'static str),
}

impl BodyFormat {
    /// Select the format for a request.
    pub(crate) fn of(known: &CommonHeaders<'_>, head: &Head<'_>, format: ErrorFormat) -> Self {
        match format {
            ErrorFormat::Text => Self::Text,
            ErrorFormat::Problem => Self::Problem,
            ErrorFormat::Negotiate => {
                let called = known.content_type.first.filter(|_| head.method == "POST");
                let grpc = called.and_then(grpc).map(Self::Grpc);
                grpc.unwrap_or_else(|| if prefers_problem(known, head) { Self::Problem } else { Self::Text })
            }
        }
    }
}

/// The content type of the response to a gRPC or gRPC-Web call; `None` for other content types.
fn grpc(content_type: &[u8]) -> Option<&'static str> {
    const KINDS: [(&str, &str); 3] = [
        ("application/grpc-web-text", "application/grpc-web-text+proto"),
        ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc", "application/grpc"),
    ];
    let kind = KINDS.into_iter().find(|(kind, _)| {
        let (start, rest) = content_type.split_at(kind.len().min(content_type.len()));
        start.eq_ignore_ascii_case(kind.as_bytes()) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
    });
    kind.map(|(_, response)| response)
}

/// Whether `Accept` lists JSON, with at least the weight of text.
fn prefers_problem(known: &CommonHeaders<'_>, head: &Head<'_>) -> bool {
    let HeaderValues { first, repeated, .. } = known.accept;
    let line = first.unwrap_or_default();
    let mut preference = AcceptPreference::default();
    if repeated {
        let mut left = MAX_ACCEPT;
        head.headers.for_each(&mut |name, value| {
            if is_name(name.as_bytes(), "accept") {
                let line = &value[..value.len().min(left)];
                left -= line.len();
                preference.add(line);
            }
        });
    // Most browsers do not list JSON: skip the parser.
    } else if memchr::memchr2(b'j', b'J', line).is_some() {
        preference.add(&line[..line.len().min(MAX_ACCEPT)]);
    }
    preference.json > 0 && preference.json >= preference.text
}

/// The weights of JSON and text in `Accept`, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AcceptPreference {
    json: u16,
    text: u16,
}

impl AcceptPreference {
    fn add(&mut self, accept: &[u8]) {
        for range in accept.split(|byte| *byte == b',') {
            let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let Some(media) = parts.next() else { continue };
            let weight = parts.find_map(|part| match part {
                [b'q' | b'Q', b'=', weight @ ..] => Some(thousandths(weight)),
                _ => None,
            });
            let is = |name: &str| media.eq_ignore_ascii_case(name.as_bytes());
            let highest = if is("application/problem+json") || is("application/json") {
                &mut self.json
            } else if media.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/")) {
                &mut self.text
            } else {
                continue;
            };
            *highest = (*highest).max(weight.unwrap_or(1000));
        }
    }
}

/// A weight (RFC 9110, section 12.4.2) in thousandths; zero if it is malformed.
fn thousandths(weight: &[u8]) -> u16 {
    let (whole, rest) = match weight {
        [b'1', rest @ ..] => (1000, rest),
        [b'0', rest @ ..] => (0, rest),
        _ => return 0,
    };
    let digits = match rest {
        [] => return whole,
        [b'.', digits @ ..] if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return 0,
    };
    let padded = digits.iter().chain(b"000").take(3);
    padded.fold(0, |sum: u16, digit| sum * 10 + u16::from(digit - b'0')).saturating_add(whole).min(1000)
}

#[cfg(test)]
mod tests;
