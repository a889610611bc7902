//! What a body claims to be: media type, charset, content coding.

use crate::head::{Known, Lines};

/// How a body is sliced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Form,
    Json,
    /// Anything else: inspected as one text, or as JSON when it looks like it.
    Text,
}

/// What the head says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) kind: Kind,
    /// Whether the bytes are ASCII-compatible text, so that looking at them means something.
    pub(crate) readable: bool,
    /// Whether the bytes are as they are, not compressed.
    pub(crate) plain: bool,
    /// Whether it consists of parts, each with fields of its own.
    pub(crate) multipart: bool,
    /// The length, where it is declared and makes sense.
    pub(crate) length: Option<u64>,
}

impl Claim {
    pub(crate) fn of(known: &Known<'_>) -> Self {
        let media = known.content_type.first.unwrap_or_default();
        let (essence, parameters) = match memchr::memchr(b';', media) {
            Some(at) => (&media[..at], &media[at + 1..]),
            None => (media, &media[..0]),
        };
        Self {
            kind: kind(essence.trim_ascii()),
            multipart: essence
                .trim_ascii()
                .get(..10)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/")),
            readable: !known.content_type.conflict && charset_is_readable(parameters),
            plain: is_plain(&known.content_encoding, b"identity")
                && is_plain(&known.transfer_encoding, b"chunked"),
            length: length(&known.content_length),
        }
    }
}

/// Whether a part of a multipart body is encoded, so that its bytes are not what the application will see (RFC 7578
/// section 4.7 deprecates it, RFC 2045 section 6 defines it).
pub(crate) fn has_encoded_part(body: &[u8]) -> bool {
    const FIELD: &[u8] = b"content-transfer-encoding:";
    memchr::memchr_iter(b'\n', body).any(|line| {
        let rest = &body[line + 1..];
        let (name, value) = rest.split_at(FIELD.len().min(rest.len()));
        name.eq_ignore_ascii_case(FIELD) && {
            let end = value.iter().take(64).position(|byte| *byte == b'\n').unwrap_or(value.len().min(64));
            let coding = value[..end].trim_ascii();
            ![&b"7bit"[..], b"8bit", b"binary"].iter().any(|plain| coding.eq_ignore_ascii_case(plain))
        }
    })
}

fn kind(essence: &[u8]) -> Kind {
    let subtype = memchr::memchr(b'/', essence).map_or(essence, |slash| &essence[slash + 1..]);
    let json = subtype.eq_ignore_ascii_case(b"json")
        || subtype.len() > 5 && subtype[subtype.len() - 5..].eq_ignore_ascii_case(b"+json");
    if json {
        Kind::Json
    } else if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        Kind::Form
    } else {
        Kind::Text
    }
}

/// UTF-8 and the charsets in which ASCII bytes mean ASCII. Two charsets are one too many.
fn charset_is_readable(parameters: &[u8]) -> bool {
    const READABLE: [&[u8]; 6] =
        [b"utf-8", b"utf8", b"us-ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"];
    let mut charsets = parameters.split(|byte| *byte == b';').filter_map(|parameter| {
        let equals = memchr::memchr(b'=', parameter)?;
        let name = parameter[..equals].trim_ascii();
        name.eq_ignore_ascii_case(b"charset").then(|| parameter[equals + 1..].trim_ascii())
    });
    let Some(charset) = charsets.next() else { return true };
    let charset = charset.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(charset);
    charsets.next().is_none() && READABLE.iter().any(|readable| charset.eq_ignore_ascii_case(readable))
}

/// Whether no coding is named but the one that leaves the bytes as they are. A transfer coding counts: no server undoes
/// `gzip, chunked` beyond the chunks.
fn is_plain(coding: &Lines<'_>, harmless: &[u8]) -> bool {
    let coding_is = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(harmless);
    !coding.conflict && coding.first.is_none_or(|value| coding_is(value.trim_ascii()))
}

/// The declared length, where it is one number.
pub(crate) fn length(length: &Lines<'_>) -> Option<u64> {
    let text = core::str::from_utf8(length.first?).ok()?;
    // `parse` would accept a sign, which RFC 9110 section 8.6 does not.
    let digits = !length.conflict && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Headers;

    fn claim(lines: &[(&str, &[u8])]) -> Claim {
        let headers: Vec<(&str, &[u8])> = lines.to_vec();
        Claim::of(&Known::of("POST", &headers as &dyn Headers))
    }

    #[test]
    fn media_types_are_compared_without_case_and_parameters() {
        for (value, kind) in [
            ("application/json", Kind::Json),
            ("Application/JSON; charset=utf-8", Kind::Json),
            ("application/vnd.api+json", Kind::Json),
            ("text/json", Kind::Json),
            ("application/x-www-form-urlencoded;charset=utf-8", Kind::Form),
            ("multipart/form-data; boundary=x", Kind::Text),
            ("jsonp", Kind::Text),
            ("", Kind::Text),
        ] {
            assert_eq!(claim(&[("content-type", value.as_bytes())]).kind, kind, "{value}");
        }
    }

    #[test]
    fn charsets_that_hide_ascii_are_not_readable() {
        for (value, readable) in [
            ("text/plain", true),
            ("text/plain; charset=\"UTF-8\"", true),
            ("text/plain; charset=utf-16", false),
            ("text/plain; charset=utf-7", false),
            ("text/plain; charset=ibm037", false),
            ("text/plain; charset=utf-8; charset=utf-7", false),
        ] {
            assert_eq!(claim(&[("content-type", value.as_bytes())]).readable, readable, "{value}");
        }
        assert!(!claim(&[("content-type", b"text/plain"), ("content-type", b"application/json")]).readable);
    }

    #[test]
    fn lengths_and_codings_are_taken_at_their_word_only_when_they_agree() {
        assert_eq!(claim(&[("content-length", b"12")]).length, Some(12));
        for bad in [&b"+12"[..], b"-1", b"1e3", b"", b"99999999999999999999999"] {
            assert_eq!(claim(&[("content-length", bad)]).length, None, "{bad:?}");
        }
        assert_eq!(claim(&[("content-length", b"1"), ("content-length", b"2")]).length, None);
        assert!(claim(&[("content-encoding", b"identity")]).plain);
        assert!(!claim(&[("content-encoding", b"gzip")]).plain);
        assert!(!claim(&[("content-encoding", b"identity"), ("content-encoding", b"gzip")]).plain);
        assert!(claim(&[("transfer-encoding", b"Chunked")]).plain);
        assert!(!claim(&[("transfer-encoding", b"gzip, chunked")]).plain);
        assert!(!claim(&[("transfer-encoding", b"gzip"), ("transfer-encoding", b"chunked")]).plain);
    }

    use std::vec::Vec;
}
