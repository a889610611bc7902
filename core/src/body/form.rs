//! `name=value` lists: queries, form bodies and cookies.

use crate::simd;

/// Pairs of a query or of `application/x-www-form-urlencoded`, still encoded. A pair without `=` is a name without a
/// value. Empty pairs are skipped, repeated names are all returned.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    split(text, b'&').map(|pair| match find(b'=', pair) {
        Some(equals) => (&pair[..equals], &pair[equals + 1..]),
        None => (pair, &pair[pair.len()..]),
    })
}

/// Cookies of one `Cookie` line. A cookie without `=` is a value without a name, as browsers send it.
pub(crate) fn cookies(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    split(line, b';').map(<[u8]>::trim_ascii).filter(|cookie| !cookie.is_empty()).map(|cookie| {
        match find(b'=', cookie) {
            Some(equals) => (&cookie[..equals], &cookie[equals + 1..]),
            None => (&cookie[..0], cookie),
        }
    })
}

/// Quoted values in one `Cookie` line that contain a semicolon, each with its name and without the quotes: some parsers
/// read them as one value. [`cookies`] returns their pieces, as other parsers do.
pub(crate) fn quoted_cookies(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = line;
    core::iter::from_fn(move || {
        loop {
            let start = memchr::memchr(b'"', rest)?;
            let (before, value) = (&rest[..start], &rest[start + 1..]);
            let Some(before) = before.strip_suffix(b"=") else {
                rest = value;
                continue;
            };
            let name = before.rsplit(|byte| matches!(byte, b';' | b',')).next().unwrap_or_default();
            let end = closing_quote(value).unwrap_or(value.len());
            rest = value.get(end + 1..).unwrap_or_default();
            if value[..end].contains(&b';') {
                return Some((name.trim_ascii(), &value[..end]));
            }
        }
    })
}

/// The position of the closing quote; a quote after a backslash does not close.
fn closing_quote(value: &[u8]) -> Option<usize> {
    let mut escaped = false;
    value.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

/// For short names and values, which `simd::position` is made for.
fn find(byte: u8, text: &[u8]) -> Option<usize> {
    simd::position(text, |block| block.equal(byte))
}

fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let end = find(separator, text);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_duplicates_and_lone_names() {
        let all: Vec<_> = pairs(b"a=1&&a=2&b&=c&d==e&").collect();
        let expected: [(&[u8], &[u8]); 5] =
            [(b"a", b"1"), (b"a", b"2"), (b"b", b""), (b"", b"c"), (b"d", b"=e")];
        assert_eq!(all, expected);
        assert_eq!(pairs(b"").count(), 0);
    }

    #[test]
    fn cookies_may_lack_a_name() {
        let all: Vec<_> = cookies(b"a=1;  b=2=3 ;;plain; =x").collect();
        let expected: [(&[u8], &[u8]); 4] = [(b"a", b"1"), (b"b", b"2=3"), (b"", b"plain"), (b"", b"x")];
        assert_eq!(all, expected);
    }

    #[test]
    fn quoted_cookies_are_read_as_one_value() {
        let all: Vec<_> = quoted_cookies(br#"a=1; b="x; y"; c="z"; d="p\";q" ; e="open; f=2"#).collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"b", b"x; y"), (b"d", br#"p\";q"#), (b"e", b"open; f=2")];
        assert_eq!(all, expected);
        assert_eq!(quoted_cookies(b"a=1; b=2").count(), 0);
        assert_eq!(quoted_cookies(br#"a="1"; b="2"; c=""#).count(), 0);
    }

    use std::vec::Vec;
}
