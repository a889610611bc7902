//! Tokens of JavaScript and of relaxed JSON: one pass, no errors, nothing copied.

use crate::detect::decode::work::work;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Before the first token.
    Start,
    /// The quote that ends the string which the value began in.
    Break,
    Word,
    Number,
    /// A string; its end may be missing.
    Text,
    /// `==`, `===`, `!=`, `!==`.
    Equality,
    /// `||` and `&&`.
    Logic,
    /// A comment that hides what follows.
    Comment,
    /// Any other byte.
    Mark(u8),
    /// Behind the last token.
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t [u8],
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) const START: Self = Self { kind: Kind::Start, text: b"", start: 0 };

    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_mark(&self, mark: u8) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// Whether it is a value by itself.
    pub(super) fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Number) || self.is(b"true") || self.is(b"false")
    }

    /// The text of a word or string.
    pub(super) fn content(&self) -> &[u8] {
        match self.kind {
            Kind::Word => self.text,
            Kind::Text => {
                let inside = &self.text[1..];
                inside.strip_suffix(&self.text[..1]).unwrap_or(inside)
            }
            _ => b"",
        }
    }

    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of `text`, of which the beginning may be the rest of a string that `inside` ends.
pub(super) fn tokens(text: &[u8], inside: Option<u8>) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    let mut opening = inside;
    core::iter::from_fn(move || {
        if let Some(quote) = opening.take() {
            let end = memchr::memchr(quote, text);
            work(end.unwrap_or(text.len()));
            at = end.map_or(text.len(), |end| end + 1);
            return end.map(|end| Token { kind: Kind::Break, text: &text[end..=end], start: end });
        }
        let blanks = text[at..].iter().take_while(|byte| **byte <= b' ').count();
        work(blanks);
        at += blanks;
        let rest = &text[at..];
        let (kind, length) = next(rest)?;
        work(length);
        let token = Token { kind, text: &rest[..length], start: at };
        at += length;
        Some(token)
    })
}

/// The token that `rest` starts with, and its length.
fn next(rest: &[u8]) -> Option<(Kind, usize)> {
    let run = |holds: fn(&u8) -> bool| rest.iter().position(|byte| !holds(byte)).unwrap_or(rest.len());
    Some(match rest {
        [] => return None,
        [b'0'..=b'9', ..] => (Kind::Number, run(|byte| byte.is_ascii_digit() || *byte == b'.')),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80.., ..] => {
            (Kind::Word, run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)))
        }
        [quote @ (b'\'' | b'"'), inside @ ..] => {
            (Kind::Text, memchr::memchr(*quote, inside).map_or(rest.len(), |end| end + 2))
        }
        [b'=' | b'!', b'=', b'=', ..] => (Kind::Equality, 3),
        [b'=' | b'!', b'=', ..] => (Kind::Equality, 2),
        [b'|', b'|', ..] | [b'&', b'&', ..] => (Kind::Logic, 2),
        [b'/', b'/', ..] => (Kind::Comment, memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
        [mark, ..] => (Kind::Mark(*mark), 1),
    })
}
