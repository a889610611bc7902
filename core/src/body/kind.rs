//! The declared type of a body: media type, charset, content coding.

use super::charset;
use super::coding::Codings;
use super::media::Media;
use crate::request::head::{CommonHeaders, HeaderValues};

/// How a body or part is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Form,
    Json,
    Xml,
    Multipart,
    Graphql,
    /// Anything else: inspected as one text, or as JSON or XML when it looks like it.
    Text,
}

impl Kind {
    /// The kind for a media type; `multipart` requires a boundary.
    pub(crate) fn of(media: &Media<'_>) -> Self {
        let subtype = media.subtype();
        let is = |known: &str, suffix: &str| {
            subtype.eq_ignore_ascii_case(known.as_bytes())
                || subtype
                    .len()
                    .checked_sub(suffix.len())
                    .is_some_and(|at| at > 0 && subtype[at..].eq_ignore_ascii_case(suffix.as_bytes()))
        };
        if is("json", "+json") {
            Self::Json
        } else if is("xml", "+xml") {
            Self::Xml
        } else if media.is("application/x-www-form-urlencoded") {
            Self::Form
        } else if media.is("application/graphql") {
            Self::Graphql
        } else if media.starts_with("multipart/") && boundary(media).0.is_some() {
            Self::Multipart
        } else {
            Self::Text
        }
    }
}

/// The boundary of a multipart type, and whether parsers may find another one.
pub(crate) fn boundary<'m>(media: &Media<'m>) -> (Option<&'m [u8]>, bool) {
    let (boundary, conflict) = media.parameter("boundary");
    let boundary = boundary.filter(|boundary| !boundary.is_empty());
    // Some parsers end an unquoted value at a comma.
    let cut = boundary.is_some_and(|boundary| memchr::memchr(b',', boundary).is_some());
    (boundary, conflict || cut)
}

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
    fn media_types_are_compared_without_case_and_parameters() {
        for (value, kind) in [
            ("application/json", Kind::Json),
            ("Application/JSON; charset=utf-8", Kind::Json),
            ("application/vnd.api+json", Kind::Json),
            ("text/json", Kind::Json),
            ("application/x-www-form-urlencoded;charset=utf-8", Kind::Form),
            ("multipart/form-data; boundary=x", Kind::Multipart),
            ("Multipart/Mixed; Boundary=\"x y\"", Kind::Multipart),
            ("multipart/form-data", Kind::Text),
            ("text/xml", Kind::Xml),
            ("image/svg+xml", Kind::Xml),
            ("application/graphql", Kind::Graphql),
            ("jsonp", Kind::Text),
            ("", Kind::Text),
        ] {
            assert_eq!(Kind::of(&Media::of(value.as_bytes())), kind, "{value}");
        }
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
