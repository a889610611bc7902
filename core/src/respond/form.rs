//! The form in which a refusal is written: a line of text, a problem document (RFC 9457), or a status of gRPC.
//!
//! Text is what everybody can read, so it takes an explicit wish to get anything else: a client that accepts `*/*` gets
//! text, and one that names JSON beside it, no less wanted than text, gets a problem document. A call of gRPC is told by
//! its content type: its libraries read nothing but `grpc-status`, and a bare 403 would reach the caller as a riddle.

use crate::config::ErrorFormat;
use crate::request::head::{CommonHeaders, Head, HeaderValues};
use crate::text::is_name;

/// Bytes of `Accept` that are read; wishes beyond them are not heard.
const MAX_ACCEPT: usize = 1024;

/// The form of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    /// A line of text.
    #[default]
    Text,
    /// `application/problem+json`.
    Problem,
    /// A response of trailers only, with this content type.
    Grpc(&'static str),
}

impl BodyFormat {
    /// The form in which the client of `ctx` reads a refusal.
    pub(crate) fn of(known: &CommonHeaders<'_>, head: &Head<'_>, format: ErrorFormat) -> Self {
        match format {
            ErrorFormat::Text => Self::Text,
            ErrorFormat::Problem => Self::Problem,
            ErrorFormat::Negotiate => {
                let called = known.content_type.first.filter(|_| head.method == "POST");
                let grpc = called.and_then(grpc).map(Self::Grpc);
                grpc.unwrap_or_else(|| if wants_problem(known, head) { Self::Problem } else { Self::Text })
            }
        }
    }
}

/// The content type of the answer to a call of gRPC or gRPC-Web; `None` for what is none.
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
    kind.map(|(_, answer)| answer)
}

/// Whether the client names JSON, and wants it no less than text.
fn wants_problem(known: &CommonHeaders<'_>, head: &Head<'_>) -> bool {
    let HeaderValues { first, repeated, .. } = known.accept;
    let line = first.unwrap_or_default();
    let mut wishes = AcceptPreference::default();
    if repeated {
        let mut room = MAX_ACCEPT;
        head.headers.for_each(&mut |name, value| {
            if is_name(name.as_bytes(), "accept") {
                let heard = &value[..value.len().min(room)];
                room -= heard.len();
                wishes.hear(heard);
            }
        });
    // Most browsers name no JSON, so that there is nothing to weigh.
    } else if memchr::memchr2(b'j', b'J', line).is_some() {
        wishes.hear(&line[..line.len().min(MAX_ACCEPT)]);
    }
    wishes.json > 0 && wishes.json >= wishes.text
}

/// How much is wanted, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AcceptPreference {
    json: u16,
    text: u16,
}

impl AcceptPreference {
    fn hear(&mut self, accept: &[u8]) {
        for range in accept.split(|byte| *byte == b',') {
            let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let Some(media) = parts.next() else { continue };
            let weight = parts.find_map(|part| match part {
                [b'q' | b'Q', b'=', weight @ ..] => Some(thousandths(weight)),
                _ => None,
            });
            let is = |name: &str| media.eq_ignore_ascii_case(name.as_bytes());
            let wish = if is("application/problem+json") || is("application/json") {
                &mut self.json
            } else if media.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/")) {
                &mut self.text
            } else {
                continue;
            };
            *wish = (*wish).max(weight.unwrap_or(1000));
        }
    }
}

/// A weight (RFC 9110, section 12.4.2) in thousandths; one that is malformed counts nothing.
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
