//! The body as the head declares it: media type, charset, codings, length.

use crate::body::charset;
use crate::body::coding::Codings;
use crate::body::kind::boundary;
use crate::body::media::Media;
use crate::request::head::{CommonHeaders, HeaderValues};

/// The body as the head declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredBody<'r> {
    pub(crate) media: Media<'r>,
    /// Whether the type is unambiguous and its charset supported.
    pub(crate) readable: bool,
    pub(crate) codings: Codings,
    /// Whether `Transfer-Encoding` is at most `chunked`.
    pub(crate) plain_transfer: bool,
    /// The declared length, if it is valid.
    pub(crate) length: Option<u64>,
}

impl<'r> DeclaredBody<'r> {
    pub(crate) fn of(known: &CommonHeaders<'r>) -> Self {
        let media = Media::of(known.content_type.first.unwrap_or_default());
        let (label, two_charsets) = media.parameter("charset");
        let repeated = media.parameters().filter(|one| one.name.eq_ignore_ascii_case(b"charset")).count() > 1;
        let two_boundaries = media.starts_with("multipart/") && boundary(&media).1;
        Self {
            media,
            readable: !(known.content_type.conflict || two_charsets || repeated || two_boundaries)
                && label.is_none_or(|label| charset::for_label(label).is_some()),
            codings: known.content_encoding.clone(),
            plain_transfer: is_plain(&known.transfer_encoding, b"chunked"),
            length: length(&known.content_length),
        }
    }
}

/// Whether no coding but `harmless` is applied. A transfer coding counts: servers decode `gzip, chunked` only down to
/// `gzip`.
fn is_plain(coding: &HeaderValues<'_>, harmless: &[u8]) -> bool {
    let coding_is = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(harmless);
    !coding.conflict && coding.first.is_none_or(|value| coding_is(value.trim_ascii()))
}

/// The declared length, if it is a single number.
pub(crate) fn length(length: &HeaderValues<'_>) -> Option<u64> {
    let text = core::str::from_utf8(length.first?).ok()?;
    // `parse` would accept a sign, which RFC 9110 section 8.6 does not.
    let digits = !length.conflict && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::head::HeaderFields;
    use std::vec::Vec;

    fn with_declared(lines: &[(&str, &[u8])], check: impl FnOnce(DeclaredBody<'_>)) {
        let headers: Vec<(&str, &[u8])> = lines.to_vec();
        check(DeclaredBody::of(&CommonHeaders::of("POST", &headers as &dyn HeaderFields)));
    }

    #[test]
    fn ambiguous_types_and_unknown_charsets_are_not_readable() {
        for (value, readable) in [
            ("text/plain", true),
            ("text/plain; charset=\"UTF-8\"", true),
            ("text/plain; charset=utf-16", true),
            ("text/plain; charset=shift_jis", true),
            ("text/plain; charset=utf-7", false),
            ("text/plain; charset=utf-32", false),
            ("text/plain; charset=ibm037", false),
            ("text/plain; charset=utf-8; charset=utf-7", false),
            ("text/plain; charset=utf-8; charset=utf-8", false),
            ("multipart/form-data; boundary=a; boundary=b", false),
            ("multipart/form-data; boundary=a,b", false),
        ] {
            with_declared(&[("content-type", value.as_bytes())], |claim| {
                assert_eq!(claim.readable, readable, "{value}");
            });
        }
        with_declared(&[("content-type", b"text/plain"), ("content-type", b"application/json")], |claim| {
            assert!(!claim.readable);
        });
    }

    #[test]
    fn conflicting_lengths_and_codings_are_ignored() {
        with_declared(&[("content-length", b"12")], |claim| assert_eq!(claim.length, Some(12)));
        for bad in [&b"+12"[..], b"-1", b"1e3", b"", b"99999999999999999999999"] {
            with_declared(&[("content-length", bad)], |claim| assert_eq!(claim.length, None, "{bad:?}"));
        }
        let two: [(&str, &[u8]); 2] = [("content-length", b"1"), ("content-length", b"2")];
        with_declared(&two, |claim| assert_eq!(claim.length, None));
        for (line, plain) in [(&b"Chunked"[..], true), (b"gzip, chunked", false)] {
            with_declared(&[("transfer-encoding", line)], |claim| assert_eq!(claim.plain_transfer, plain));
        }
        let two: [(&str, &[u8]); 2] = [("transfer-encoding", b"gzip"), ("transfer-encoding", b"chunked")];
        with_declared(&two, |claim| assert!(!claim.plain_transfer));
    }
}
