//! The declared type of a body: media type, charset, content coding.

use super::media::Media;

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
    /// The kind for a media type; `multipart` requires a boundary. A type is of a kind if any reader takes it for that: Axum's
    /// `Form` takes every type that starts like a form, and the crate `mime` ends the subtype at the last plus sign.
    pub(crate) fn of(media: &Media<'_>) -> Self {
        let subtype = media.subtype();
        let is = |known: &str, suffix: &str| {
            subtype.eq_ignore_ascii_case(known.as_bytes())
                || subtype
                    .len()
                    .checked_sub(suffix.len())
                    .is_some_and(|at| at > 0 && subtype[at..].eq_ignore_ascii_case(suffix.as_bytes()))
        };
        // First the kinds whose readers ignore a suffix. A document of such a type is found by its content.
        if media.starts_with("application/x-www-form-urlencoded") {
            Self::Form
        } else if media.starts_with("multipart/") && boundary(media).0.is_some() {
            Self::Multipart
        } else if is("json", "+json") || starts_with(subtype, b"json+") {
            Self::Json
        } else if is("xml", "+xml") {
            Self::Xml
        } else if media.is("application/graphql") {
            Self::Graphql
        } else {
            Self::Text
        }
    }
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The boundary of a multipart type, and whether parsers may find another one.
pub(crate) fn boundary<'m>(media: &Media<'m>) -> (Option<&'m [u8]>, bool) {
    let (boundary, conflict) = media.parameter("boundary");
    let boundary = boundary.filter(|boundary| !boundary.is_empty());
    // Some parsers end an unquoted value at a comma.
    let cut = boundary.is_some_and(|boundary| memchr::memchr(b',', boundary).is_some());
    (boundary, conflict || cut)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("application/json+seq", Kind::Json),
            ("application/x-www-form-urlencodedX", Kind::Form),
            ("application/x-www-form-urlencoded+json", Kind::Form),
            ("multipart/form-data+json; boundary=x", Kind::Multipart),
            ("multipart/form-data+json", Kind::Json),
            ("text/xml", Kind::Xml),
            ("image/svg+xml", Kind::Xml),
            ("application/graphql", Kind::Graphql),
            ("jsonp", Kind::Text),
            ("", Kind::Text),
        ] {
            assert_eq!(Kind::of(&Media::of(value.as_bytes())), kind, "{value}");
        }
    }
}
