//! `name=value` lists: queries, form bodies and cookies.

use crate::block;

/// Pairs of a query or of `application/x-www-form-urlencoded`, still encoded. A pair without `=` is a name without a
/// value. Empty pairs are skipped, repeated names are all kept.
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

/// Names and values are short, and so is the way to what separates them.
fn find(byte: u8, text: &[u8]) -> Option<usize> {
    block::position(text, |block| block.equal(byte))
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

    use std::vec::Vec;
}
