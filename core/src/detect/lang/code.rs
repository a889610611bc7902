//! Tokens that programming and template languages have in common, and a window of the latest of them.
//!
//! Names, numbers, quoted texts and punctuation are tokenised alike for PHP, Python, Ruby, JavaScript, Java and the
//! expression languages of templates; readers interpret them. Readers match on the end of the window, so that nothing is
//! read twice: a rule matches when its last token arrives.

use crate::detect::decode::work::work;
use crate::detect::lang::dictionary;
use crate::detect::lang::dictionary::extend;

/// One token of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Token<'t> {
    /// Where the code begins or ends.
    Edge,
    /// A word: letters, digits, `_` and everything beyond ASCII.
    Name(Name<'t>),
    /// A number.
    Number(&'t [u8]),
    /// The inside of a text in quotes.
    Text(&'t [u8]),
    /// Any other byte that is no blank.
    Mark(u8),
}

/// A word and its hash without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Name<'t> {
    pub(in crate::detect) text: &'t [u8],
    pub(in crate::detect) hash: u64,
}

impl<'t> Name<'t> {
    /// The name that is all of `text`.
    pub(in crate::detect) fn of(text: &'t [u8]) -> Self {
        let hash = text.iter().fold(dictionary::EMPTY, |hash, byte| extend(hash, *byte));
        Self { text, hash }
    }

    /// Whether it is `name`, in whatever case.
    pub(in crate::detect) fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether it is a name that a language keeps for itself: `__class__`.
    pub(in crate::detect) fn is_dunder(&self) -> bool {
        is_dunder(self.text)
    }
}

/// Whether `name` has two underscores on both sides of a word, as names that Python keeps for itself.
pub(in crate::detect) fn is_dunder(name: &[u8]) -> bool {
    let inner = name.strip_prefix(b"__").and_then(|name| name.strip_suffix(b"__"));
    inner.is_some_and(|inner| inner.len() > 1 && inner.iter().all(|byte| is_name(*byte)))
}

/// How many of the latest tokens are kept.
pub(in crate::detect) const WINDOW: usize = 8;

/// The latest tokens, the oldest first.
pub(in crate::detect) type Window<'t> = [Token<'t>; WINDOW];

/// Reads tokens and keeps the latest.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the latest token starts.
    start: usize,
    /// Whether only blanks, and at least one, precede the latest token.
    apart: bool,
    /// Whether a comment precedes the latest token.
    hidden: bool,
    /// Whether `//`, `#` and `/* */` hide what follows.
    comments: bool,
    /// For each quote and each end of a comment, whether no other one follows, so that nothing is enclosed any more.
    lone: [bool; 5],
    window: Window<'t>,
}

impl<'t> Lexer<'t> {
    /// A lexer of `text` from `at` on, for languages with comments or for those without.
    pub(in crate::detect) const fn new(text: &'t [u8], at: usize, comments: bool) -> Self {
        let window = [Token::Edge; WINDOW];
        Self { text, at, start: at, apart: false, hidden: false, comments, lone: [false; 5], window }
    }

    /// Go on at `at`, behind all that was read, with an empty window. A lone quote remains one: to look for its
    /// end again at every place would take a square of the time.
    pub(in crate::detect) fn resume(&mut self, at: usize) {
        let Self { text, comments, lone, .. } = *self;
        *self = Self { lone, ..Self::new(text, at.max(self.at), comments) };
    }

    /// The next token, at the end of the window; [`Token::Edge`] at the end.
    pub(in crate::detect) fn advance(&mut self) -> &Window<'t> {
        let before = self.at;
        self.hidden = self.skip();
        self.apart = self.at > before && !self.hidden;
        self.start = self.at;
        let token = self.token();
        work(self.at - before + 1);
        self.window.rotate_left(1);
        self.window[WINDOW - 1] = token;
        &self.window
    }

    /// The latest tokens.
    pub(in crate::detect) const fn window(&self) -> &Window<'t> {
        &self.window
    }

    /// Whether the latest token is a text in backticks.
    pub(in crate::detect) fn is_backtick(&self) -> bool {
        self.text.get(self.start) == Some(&b'`') && matches!(self.window[WINDOW - 1], Token::Text(_))
    }

    /// Where reading goes on.
    pub(in crate::detect) const fn at(&self) -> usize {
        self.at
    }

    /// What has not been read.
    pub(in crate::detect) fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    /// Whether only blanks precede the latest token: people put one before a parenthesis, code hardly ever.
    pub(in crate::detect) const fn apart(&self) -> bool {
        self.apart
    }

    /// Whether there is a comment between the latest token and the one before.
    pub(in crate::detect) const fn hidden(&self) -> bool {
        self.hidden
    }

    /// Skip blanks and comments, and return whether there was a comment.
    fn skip(&mut self) -> bool {
        let mut hidden = false;
        loop {
            let rest = self.rest();
            let blanks = rest.iter().take_while(|byte| **byte <= b' ').count();
            self.at += blanks;
            let Some(len) = self.comment() else { return hidden };
            hidden = true;
            self.at += len;
        }
    }

    /// The length of the comment at this position. What nothing ends would hide all that follows, which is what attackers
    /// do to the code behind their own.
    fn comment(&mut self) -> Option<usize> {
        let rest = self.rest();
        if !self.comments {
            return None;
        }
        match rest {
            [b'/', b'*', ..] => self.comment_to(3, b"*/"),
            [b'/', b'/', ..] if self.at > 0 && self.text[self.at - 1] == b':' => None,
            [b'/', b'/', ..] | [b'#', ..] => self.comment_to(4, b"\n"),
            _ => None,
        }
    }

    /// The length of a comment up to `end`, whose place in `lone` is `kind`.
    fn comment_to(&mut self, kind: usize, end: &[u8]) -> Option<usize> {
        if self.lone[kind] {
            return None;
        }
        let rest = self.rest();
        let start = end.len().min(rest.len());
        let found = memchr::memmem::find(&rest[start..], end);
        if found.is_none() {
            work(rest.len());
            self.lone[kind] = true;
        }
        found.map(|found| start + found + end.len())
    }

    fn token(&mut self) -> Token<'t> {
        let rest = self.rest();
        let Some(first) = rest.first() else { return Token::Edge };
        if first.is_ascii_digit() {
            let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.').count();
            self.at += len;
            return Token::Number(&rest[..len]);
        }
        if is_name(*first) {
            let mut hash = dictionary::EMPTY;
            let name = rest.iter().take_while(|byte| is_name(**byte));
            let len = name.inspect(|byte| hash = extend(hash, **byte)).count();
            self.at += len;
            return Token::Name(Name { text: &rest[..len], hash });
        }
        self.at += 1;
        match self.quoted(*first) {
            Some(text) => {
                self.at += text.len() + 1;
                Token::Text(text)
            }
            None => Token::Mark(*first),
        }
    }

    /// The text that `quote`, which was just read, opens. An apostrophe opens none, and neither does a quote that is
    /// alone.
    fn quoted(&mut self, quote: u8) -> Option<&'t [u8]> {
        let kind = match quote {
            b'\'' => 0,
            b'"' => 1,
            b'`' => 2,
            _ => return None,
        };
        let rest = self.rest();
        let in_word = self.at > 1
            && is_name(self.text[self.at - 2])
            && rest.first().is_some_and(u8::is_ascii_alphabetic);
        if self.lone[kind] || kind == 0 && in_word {
            return None;
        }
        let mut at = 0;
        while let Some(found) = memchr::memchr2(quote, b'\\', &rest[at..]) {
            at += found;
            if rest[at] == quote {
                return Some(&rest[..at]);
            }
            at = (at + 2).min(rest.len());
        }
        work(rest.len());
        self.lone[kind] = true;
        None
    }
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::detect::decode::work::assert_linear;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text.as_bytes(), 0, true);
        core::iter::from_fn(|| Some(lexer.advance()[WINDOW - 1]).filter(|token| *token != Token::Edge))
            .collect()
    }

    fn name(text: &str) -> Token<'_> {
        Token::Name(Name::of(text.as_bytes()))
    }

    #[test]
    fn names_numbers_texts_and_marks_are_told_apart() {
        use Token::{Mark, Number, Text};
        assert_eq!(
            tokens("$a_1->b(\"it's \\\" x\", 0x1f)"),
            [
                Mark(b'$'),
                name("a_1"),
                Mark(b'-'),
                Mark(b'>'),
                name("b"),
                Mark(b'('),
                Text(b"it's \\\" x"),
                Mark(b','),
                Number(b"0x1f"),
                Mark(b')'),
            ]
        );
    }

    #[test]
    fn apostrophes_and_lone_quotes_enclose_nothing() {
        assert_eq!(
            tokens("don't say 'hi'"),
            [name("don"), Token::Mark(b'\''), name("t"), name("say"), Token::Text(b"hi")]
        );
        assert_eq!(tokens("5\" x"), [Token::Number(b"5"), Token::Mark(b'"'), name("x")]);
    }

    #[test]
    fn comments_vanish_unless_they_would_hide_all_that_follows() {
        assert_eq!(tokens("a /*b*/ // c\nd # e\nf"), [name("a"), name("d"), name("f")]);
        assert_eq!(tokens("a // b").len(), 4);
        assert_eq!(tokens("http://b\n").len(), 5);
    }

    #[test]
    fn work_is_linear_in_the_text() {
        for unit in ["'", "\"a", "`'\"", "/*", "//", "#", "a\\'", "'\\", "/* */", "a'b"] {
            assert_linear(unit.as_bytes(), b"", 8, |text| {
                let mut lexer = Lexer::new(text, 0, true);
                while lexer.advance()[WINDOW - 1] != Token::Edge {}
            });
        }
    }
}
