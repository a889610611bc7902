//! GraphQL documents: the string literals, each under the name of its argument.
//!
//! The whole document is inspected elsewhere; this adds its strings with their escapes decoded. Nothing is executed or
//! expanded, so aliases, fragments and depth cost nothing. The number of tokens is bounded, because a document with
//! more than [`MAX_TOKENS`] exhausts servers that accept it.

use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Tokens of one document that are read; the limit that the reference implementation suggests.
pub(crate) const MAX_TOKENS: usize = 15_000;
/// Documents in one body that clients batch; client libraries batch ten by default.
pub(crate) const MAX_BATCH: usize = 20;
/// The name under which the first document beyond [`MAX_BATCH`] is visited; no argument can have it.
pub(crate) const BATCHED: &[u8] = b"[]";

/// Whether `text` starts like an executable document.
pub(crate) fn looks_like_graphql(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"#") {
        return true;
    }
    let word = &text[..text.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(text.len())];
    matches!(word, b"query" | b"mutation" | b"subscription" | b"fragment") && text.contains(&b'{')
}

/// A lexical token: a name or number, a string, a comment, or punctuation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'d> {
    pub(crate) text: &'d [u8],
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn is_name(&self) -> bool {
        self.text.first().is_some_and(|byte| is_name_byte(*byte))
    }

    pub(crate) fn is_comment(&self) -> bool {
        self.text.first() == Some(&b'#')
    }
}

/// The tokens of `document`, also of malformed ones. Commas are blanks.
pub(crate) fn tokens(document: &[u8]) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let ignored = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',');
        at += document[at..].iter().take_while(|byte| ignored(byte)).count();
        let rest = &document[at..];
        let length = match rest {
            [] => return None,
            [b'#', ..] => memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
            [b'"', ..] => string(rest).1.min(rest.len()),
            [b'.', b'.', b'.', ..] => 3,
            [byte, ..] if is_name_byte(*byte) => {
                rest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(rest.len())
            }
            _ => 1,
        };
        let token = Token { text: &rest[..length], start: at };
        at += length;
        Some(token)
    })
}

/// Visit the string literals of `document`, each with the name before the nearest colon; `text` is space to unescape
/// into. Continues with whether the whole document was read.
pub(crate) fn walk<B>(
    document: &[u8],
    text: &mut Vec<u8>,
    visit: &mut impl FnMut(&[u8], &[u8]) -> ControlFlow<B>,
) -> ControlFlow<B, bool> {
    let (mut argument, mut last): (&[u8], &[u8]) = (&[], &[]);
    for (count, token) in tokens(document).enumerate() {
        if count == MAX_TOKENS {
            return ControlFlow::Continue(false);
        }
        match token.text {
            [b'"', ..] => {
                let (raw, _, block) = string(token.text);
                let escaped = memchr::memchr(b'\\', raw).is_some();
                let value = if escaped && !block { unescape(raw, text) } else { raw };
                visit(argument, value)?;
            }
            b":" => argument = last,
            name if token.is_name() => last = name,
            _ => {}
        }
    }
    ControlFlow::Continue(true)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The content of the string at the start of `rest`, its whole length, and whether it is a block string.
fn string(rest: &[u8]) -> (&[u8], usize, bool) {
    if let Some(inside) = rest.strip_prefix(b"\"\"\"") {
        let end = memchr::memmem::find_iter(inside, b"\"\"\"").find(|end| !inside[..*end].ends_with(b"\\"));
        let (end, length) = end.map_or((inside.len(), rest.len()), |end| (end, end + 6));
        return (&inside[..end], length, true);
    }
    let inside = &rest[1..];
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &inside[at..]) {
        at += found;
        if inside[at] != b'\\' {
            // A line break ends an unterminated string.
            return (&inside[..at], at + 2, false);
        }
        at = (at + 2).min(inside.len());
    }
    (inside, rest.len(), false)
}

/// Decode `\uXXXX`, `\u{...}` and the escapes of one character; other escapes are kept.
fn unescape<'t>(raw: &[u8], text: &'t mut Vec<u8>) -> &'t [u8] {
    text.clear();
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..slash]);
        rest = &rest[slash + 1..];
        let (char, used) = match rest {
            [b'u', b'{', digits @ ..] => {
                let end = digits.iter().take(9).position(|byte| *byte == b'}');
                (end.and_then(|end| code(&digits[..end])), end.map_or(0, |end| end + 3))
            }
            [b'u', digits @ ..] => (digits.get(..4).and_then(code), 5),
            [simple, ..] => (super::json::simple(*simple).map(char::from), 1),
            [] => (None, 0),
        };
        match char {
            Some(char) => {
                text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[used..];
            }
            None => text.push(b'\\'),
        }
    }
    text.extend_from_slice(rest);
    text
}

fn code(digits: &[u8]) -> Option<char> {
    let fold = |code: u32, digit: &u8| code.checked_mul(16)?.checked_add(char::from(*digit).to_digit(16)?);
    let code = digits.iter().try_fold(0, fold).filter(|_| !digits.is_empty())?;
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn strings(document: &str) -> (Vec<(String, String)>, bool) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut all = Vec::new();
        let flow = walk::<()>(document.as_bytes(), &mut Vec::new(), &mut |name, value| {
            all.push((text(name), text(value)));
            ControlFlow::Continue(())
        });
        (all, flow == ControlFlow::Continue(true))
    }

    #[test]
    fn strings_are_visited_with_their_argument() {
        let document = r#"query Q($a: Int = 1) { user(id: "a\u0027b", tags: ["x", "\u{1F600}\n"]) { name # "no"
            note(text: """block \""" 'text' """) } }"#;
        let (all, whole) = strings(document);
        let expected = [("id", "a'b"), ("tags", "x"), ("tags", "😀\n"), ("text", "block \\\"\"\" 'text' ")];
        let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(all, expected);
        assert!(whole);
    }

    #[test]
    fn broken_documents_are_read_to_the_end() {
        for (document, last) in [
            ("{ a(b: \"open", "open"),
            ("{ a(b: \"\"\"open", "open"),
            ("\"a\\", "a\\"),
            ("\"\\u{}\\uZZ", "\\u{}\\uZZ"),
        ] {
            assert_eq!(strings(document).0.last().unwrap().1, last, "{document}");
        }
        assert_eq!(strings("{ a(b: \"one\n c: \"two\") }").0.len(), 2);
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        assert!(strings(&"a ".repeat(MAX_TOKENS)).1);
        assert!(!strings(&"a ".repeat(MAX_TOKENS + 1)).1);
    }

    #[test]
    fn documents_are_distinguished_from_search_terms() {
        for yes in
            ["{ me { id } }", " query Q { a }", "mutation($x: Int) { a }", "fragment F on T { a }", "#\n{a}"]
        {
            assert!(looks_like_graphql(yes.as_bytes()), "{yes}");
        }
        for no in ["", "query", "queryable { a }", "select a from b", "[1]", "fragment of a song"] {
            assert!(!looks_like_graphql(no.as_bytes()), "{no}");
        }
    }
}
