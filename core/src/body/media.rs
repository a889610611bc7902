//! A structured header value: a type and its parameters, as in `Content-Type` and `Content-Disposition`.
//!
//! Parsers disagree about repeated, unquoted and oddly quoted parameters. This one returns all of them and marks those
//! that other parsers may read differently. The parser of the crate `mime`, which Actix Web and multer (Axum, Rocket) use, is
//! followed exactly: [`Media::parameter`] reports a parameter that it reads differently.

/// A header value of the form `essence; name=value; name="value"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Media<'m> {
    /// The text before the first semicolon.
    pub(crate) essence: &'m [u8],
    rest: &'m [u8],
}

/// One parameter, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'m> {
    pub(crate) name: &'m [u8],
    /// Without the quotes, escapes not undone.
    pub(crate) value: &'m [u8],
    /// Whether parsers may disagree about it.
    pub(crate) odd: bool,
}

impl<'m> Media<'m> {
    pub(crate) fn of(line: &'m [u8]) -> Self {
        let (essence, rest) = match memchr::memchr(b';', line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &line[..0]),
        };
        Self { essence: essence.trim_ascii(), rest }
    }

    /// The text after the slash.
    pub(crate) fn subtype(&self) -> &'m [u8] {
        memchr::memchr(b'/', self.essence).map_or(self.essence, |slash| &self.essence[slash + 1..])
    }

    /// Whether the essence is `text` followed by anything.
    pub(crate) fn starts_with(&self, text: &str) -> bool {
        self.essence.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()))
    }

    pub(crate) fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence.as_bytes())
    }

    pub(crate) const fn parameters(&self) -> Parameters<'m> {
        Parameters { rest: self.rest }
    }

    /// The first parameter of this name, and whether another one, or the crate `mime`, has a different value.
    pub(crate) fn parameter(&self, name: &str) -> (Option<&'m [u8]>, bool) {
        let mut named =
            self.parameters().filter(|parameter| parameter.name.eq_ignore_ascii_case(name.as_bytes()));
        let first = named.next();
        let conflict = named.any(|other| first.is_some_and(|first| first.value != other.value));
        let first = first.map(|parameter| parameter.value);
        // Without quotes both read the same.
        let quoted = memchr::memchr(b'"', self.rest).is_some();
        let by_mime = if quoted { mime_parameter(self.rest, name.as_bytes()) } else { None };
        (first, conflict || by_mime.is_some() && by_mime != first)
    }
}

/// The parameters of a [`Media`], in order, repeated ones included.
#[derive(Clone, Debug)]
pub(crate) struct Parameters<'m> {
    rest: &'m [u8],
}

impl<'m> Iterator for Parameters<'m> {
    type Item = Parameter<'m>;

    fn next(&mut self) -> Option<Parameter<'m>> {
        let start = self.rest.iter().position(|byte| *byte != b';' && !byte.is_ascii_whitespace())?;
        let text = &self.rest[start..];
        let name_end = memchr::memchr2(b'=', b';', text).unwrap_or(text.len());
        let name = text[..name_end].trim_ascii();
        if text.get(name_end) != Some(&b'=') {
            self.rest = &text[name_end..];
            return Some(Parameter { name, value: &text[..0], odd: true });
        }
        let after = text[name_end + 1..].trim_ascii_start();
        if let Some(inside) = after.strip_prefix(b"\"") {
            let (value, behind) = quoted_string(inside);
            let next = memchr::memchr(b';', behind).unwrap_or(behind.len());
            let junk = !behind[..next].trim_ascii().is_empty();
            self.rest = &behind[next..];
            // Parsers that ignore the quotes read an equals sign within as a parameter.
            let odd = junk || memchr::memchr2(b'\\', b'=', value).is_some();
            return Some(Parameter { name, value, odd });
        }
        let end = memchr::memchr(b';', after).unwrap_or(after.len());
        let value = after[..end].trim_ascii();
        self.rest = &after[end..];
        let odd = value.iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\\' | b'='));
        Some(Parameter { name, value, odd })
    }
}

/// The first parameter of this name as the crate `mime` (0.3) reads it: a quoted string ends with the first quote that does not
/// directly follow the opening one, without escapes. `None` also where that crate rejects the value.
fn mime_parameter<'m>(rest: &'m [u8], name: &[u8]) -> Option<&'m [u8]> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let (mut rest, mut found) = (rest, None);
    loop {
        let start = rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
        rest = &rest[start..];
        if rest.is_empty() {
            return found;
        }
        let end = rest.iter().position(|byte| !is_token(byte))?;
        let (known, after) = (&rest[..end], rest[end..].strip_prefix(b"=").filter(|_| end > 0)?);
        let value;
        if let Some(inside) = after.strip_prefix(b"\"") {
            let end = inside.iter().skip(1).position(|byte| *byte == b'"')? + 1;
            value = &inside[..end];
            if value.iter().any(u8::is_ascii_control) {
                return None;
            }
            let behind = inside[end + 1..].trim_ascii_start();
            rest = if behind.is_empty() { behind } else { behind.strip_prefix(b";")? };
        } else {
            let end = after.iter().position(|byte| !is_token(byte)).unwrap_or(after.len());
            value = &after[..end];
            rest = &after[end..];
            if !rest.is_empty() {
                rest = rest.strip_prefix(b";").filter(|_| end > 0)?;
            }
        }
        found = found.or_else(|| known.eq_ignore_ascii_case(name).then_some(value));
    }
}

/// The content of a quoted string up to its closing quote, and the rest.
fn quoted_string(inside: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &inside[at..]) {
        at += found;
        if inside[at] == b'"' {
            return (&inside[..at], &inside[at + 1..]);
        }
        at = (at + 2).min(inside.len());
    }
    (inside, &inside[inside.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn all(line: &[u8]) -> Vec<(&[u8], &[u8], bool)> {
        Media::of(line).parameters().map(|one| (one.name, one.value, one.odd)).collect()
    }

    #[test]
    fn parameters_are_found_quoted_unquoted_and_repeated() {
        let media = Media::of(b" text/plain ; Charset = \"utf-8\"; a=b ;; charset=x");
        assert!(media.is("Text/Plain") && media.subtype() == b"plain");
        assert_eq!(media.parameter("charset"), (Some(&b"utf-8"[..]), true));
        assert_eq!(media.parameter("a"), (Some(&b"b"[..]), false));
        assert_eq!(media.parameter("b"), (None, false));
    }

    #[test]
    fn what_parsers_differ_about_is_marked() {
        let expected: [(&[u8], &[u8], bool); 3] =
            [(b"name", b"a; filename=b", true), (b"x", b"", true), (b"filename", b"a\\\"b", true)];
        assert_eq!(all(b"form-data; name=\"a; filename=b\"; x; filename=\"a\\\"b\""), expected);
        let expected: [(&[u8], &[u8], bool); 2] = [(b"name", b"a", true), (b"b", b"c \"d", true)];
        assert_eq!(all(b"form-data; name=\"a\"junk; b=c \"d"), expected);
        let expected: [(&[u8], &[u8], bool); 2] =
            [(b"name", b"a b", false), (b"filename", b"x y.png", false)];
        assert_eq!(all(b"form-data; name=\"a b\"; filename=\"x y.png\""), expected);
    }

    #[test]
    fn a_value_that_the_crate_mime_reads_differently_is_a_conflict() {
        for (line, conflict) in [
            (&b"a/b; x=\"b\\\"; charset=utf-16le; d=\"x\""[..], true),
            (b"a/b; x=\"\"; charset=utf-16le; d=\"\"", false),
            (b"a/b; x=\"\"; y=\"; charset=utf-16le", true),
            (b"a/b; charset=\"utf-8\"", false),
            (b"a/b; charset=\"utf-8\" ; boundary=\"----=_Part_1\"", false),
            (b"a/b; start-info=\"text/xml; charset=utf-8\"; boundary=x", false),
            (b"a/b; start-info=\"text/xml; action=\\\"urn:x\\\"\"; charset=utf-8", false),
        ] {
            let text = std::string::String::from_utf8_lossy(line);
            assert_eq!(Media::of(line).parameter("charset").1, conflict, "{text}");
        }
    }

    #[test]
    fn an_open_quote_ends_with_the_line() {
        let expected: [(&[u8], &[u8], bool); 1] = [(b"name", b"a\\", true)];
        assert_eq!(all(b"form-data; name=\"a\\"), expected);
        assert!(all(b"form-data; = ; ;").len() == 1);
    }
}
