//! SQL tokens without copies: one pass, no backtracking, no errors.
//!
//! The lexer reads text that need not be SQL and need not begin at a statement, so every byte belongs to a token. It
//! prefers the reading that serves an attacker: the blanks and comments of all dialects separate words, versioned
//! comments are read like code, and a double dash is a comment only where all dialects agree.

use memchr::memchr;

use super::kind::{Kind, is_word};
use super::{cast, keyword};
use crate::detect::decode::work::work;
use crate::detect::lang::dictionary;
use crate::detect::lang::dictionary::hash;

/// One token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// For words, the hash of the word.
    pub(super) hash: u64,
    /// Whether a word is followed by an opening parenthesis; for a tail, whether its comment is empty; for a cast,
    /// whether the type is nothing else.
    pub(super) call: bool,
    /// Whether nothing but a comment separates this from the token before.
    pub(super) spliced: bool,
}

impl Token {
    pub(super) const START: Self =
        Self { kind: Kind::Start, start: 0, end: 0, hash: 0, call: false, spliced: false };
}

/// A comment body of at most this many bytes counts as one that hides the rest of a query. Prose that goes on after
/// a dash is longer.
const TAIL: usize = 16;

/// Digits that the version in a comment of MySQL has at most.
const VERSION: usize = 6;

/// Reads tokens from `text`.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    /// The quote that the value is taken to begin inside of.
    inside: Option<u8>,
}

impl<'t> Lexer<'t> {
    /// A lexer that starts outside of any string, or inside of one that `inside` ends.
    pub(super) const fn new(text: &'t [u8], inside: Option<u8>) -> Self {
        Self { text, at: 0, inside }
    }

    fn byte(&self, offset: usize) -> u8 {
        self.text.get(self.at + offset).copied().unwrap_or(0)
    }

    fn token(&mut self, kind: Kind, len: usize) -> Token {
        work(len);
        let start = self.at;
        self.at = (start + len).min(self.text.len());
        Token { kind, start, end: self.at, hash: 0, call: false, spliced: false }
    }

    /// Skip blanks and closed comments; whether there was a comment and no blank.
    fn skip(&mut self) -> bool {
        let start = self.at;
        let mut comment = false;
        let mut blank = false;
        let mut hint = false;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'/' if self.byte(1) == b'*' && (self.byte(2) != b'!' || self.is_hollow_comment()) => {
                    match closed(self.text, self.at + 2) {
                        Some(end) => {
                            let body = self.text[self.at + 2..end].trim_ascii_start();
                            hint |= body.starts_with(b"+");
                            self.at = end;
                            comment = true;
                            continue;
                        }
                        None => break,
                    }
                }
                b'*' if self.byte(1) == b'/' && self.at > 0 => self.at += 1,
                _ if is_blank(self.text, self.at) => blank = true,
                _ => break,
            }
            self.at += 1;
        }
        // Optimizer hints are separate tokens, and people do not write them.
        comment && (!blank || hint) && start > 0
    }

    /// Whether the comment at this position runs nothing in MySQL, and so is a blank to every database: `/*!*/`.
    fn is_hollow_comment(&self) -> bool {
        let body = self.text.get(self.at + 3..).unwrap_or_default();
        let version = body.iter().take(VERSION).take_while(|byte| byte.is_ascii_digit()).count();
        body[version..].trim_ascii_start().starts_with(b"*/")
    }

    fn line_comment(&mut self, marker: usize) -> Option<Token> {
        let body = &self.text[self.at + marker..];
        let Some(end) = memchr(b'\n', body) else {
            let (len, bare) = (body.len(), bare(body) || marker == 2 && body.first() == Some(&b' '));
            let mut token = self.token(if len <= TAIL { Kind::Tail } else { Kind::Other }, marker + len);
            token.call = bare;
            return Some(token);
        };
        self.at += marker + end;
        None
    }

    fn quoted(&mut self, prefix: usize) -> Token {
        let quote = self.byte(prefix);
        let mut end = self.at + prefix + 1;
        loop {
            match self.text.get(end..).and_then(|rest| memchr(quote, rest)) {
                None => return self.token(Kind::OpenText, self.text.len() - self.at),
                Some(found) if self.text.get(end + found + 1) == Some(&quote) => end += found + 2,
                Some(found) => return self.token(Kind::Text, end + found + 1 - self.at),
            }
        }
    }

    /// A name in backticks: a word in any case.
    fn name(&mut self) -> Token {
        match self.text.get(self.at + 1..).and_then(|rest| memchr(b'`', rest)) {
            Some(end) => self.token(Kind::Word, end + 2),
            None => self.token(Kind::Other, 1),
        }
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        let text = self.text;
        let run = |from: usize, of: fn(&u8) -> bool| {
            from + text.get(from..).map_or(0, |rest| rest.iter().take_while(|byte| of(byte)).count())
        };
        if self.byte(0) == b'0'
            && matches!(self.byte(1) | 0x20, b'x' | b'b')
            && self.byte(2).is_ascii_hexdigit()
        {
            let end = run(start + 2, u8::is_ascii_hexdigit);
            return self.token(Kind::Number, end - start);
        }
        let mut end = run(start, u8::is_ascii_digit);
        let whole = end;
        let mut hollow = false;
        if text.get(end) == Some(&b'.') {
            end = run(end + 1, u8::is_ascii_digit);
        }
        if text.get(end).is_some_and(|byte| byte | 0x20 == b'e') {
            let sign = usize::from(text.get(end + 1).is_some_and(|byte| matches!(byte, b'+' | b'-')));
            let digits = run(end + 1 + sign, u8::is_ascii_digit);
            if digits > end + 1 + sign {
                end = digits;
            } else if end == whole + 1 && !text.get(end + 1).copied().is_some_and(is_word) {
                hollow = true;
                end += 1;
            }
        }
        // `1and` is a number and a word to some databases; `1st` is neither.
        let letters = run(end, |byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let kind = if hollow {
            Kind::Hollow
        } else if letters > end && keyword::kind_of(hash(&text[end..letters])) == Kind::Word {
            end = letters;
            Kind::Other
        } else {
            Kind::Number
        };
        self.token(kind, end - start)
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        if matches!(self.byte(1), b'\'' | b'"')
            && matches!(self.byte(0) | 0x20, b'n' | b'x' | b'b' | b'e' | b'u' | b'r')
        {
            return self.quoted(1);
        }
        let mut hash = dictionary::EMPTY;
        let mut len = 0;
        while let Some(byte) = self.text.get(start + len) {
            if !is_word(*byte) || *byte >= 0x80 && is_blank(self.text, start + len) {
                break;
            }
            hash = dictionary::extend(hash, *byte);
            len += 1;
        }
        let mut token = self.token(keyword::kind_of(hash), len.max(1));
        token.hash = hash;
        let mut next = self.at;
        while next < self.text.len() && is_blank(self.text, next) {
            next += 1;
        }
        token.call = self.text.get(next) == Some(&b'(');
        if token.kind == Kind::Object && token.call {
            token.kind = Kind::Function;
        }
        let only_called = matches!(token.kind, Kind::Function | Kind::Sleep | Kind::Danger);
        if only_called
            && !token.call
            && self.text.get(next) != Some(&b'/')
            && self.text.get(next) != Some(&b'.')
        {
            token.kind = Kind::Word;
        }
        token
    }

    fn operator(&mut self) -> Token {
        let (kind, len) = match (self.byte(0), self.byte(1)) {
            (b'|', b'|') => (Kind::Pipes, 2),
            (b'&', b'&') => (Kind::Logic, 2),
            (b'/', b'*') if self.byte(2) == b'!' => {
                let version =
                    self.text[self.at + 3..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                (Kind::Versioned, 3 + version)
            }
            // Not closed: `skip` takes those that are.
            (b'/', b'*') => {
                let body = &self.text[self.at + 2..];
                let (len, bare) = (body.len(), bare(body));
                let mut token = self.token(if len <= TAIL { Kind::Tail } else { Kind::Other }, 2 + len);
                token.call = bare;
                return token;
            }
            (b'#' | b'@' | b'-', b'>') => (Kind::Compare, 2),
            (b':', b':') if let Some((of, len)) = cast::at(&self.text[self.at..]) => {
                let mut token = self.token(Kind::Cast, len);
                token.call = of == cast::Type::Certain;
                return token;
            }
            (b'=' | b'<' | b'>' | b'!' | b'~' | b':', _) => {
                let rest = &self.text[self.at..];
                let len = rest
                    .iter()
                    .take_while(|byte| matches!(byte, b'=' | b'<' | b'>' | b'!' | b'~' | b':' | b'@'));
                match (len.count(), rest.first()) {
                    (1, Some(b'!' | b'~')) => (Kind::Not, 1),
                    (1, Some(b':')) => (Kind::Other, 1),
                    (2, Some(b':')) if rest.get(1) == Some(&b':') => (Kind::Dot, 2),
                    (len, _) => (Kind::Compare, len),
                }
            }
            (b'(', _) => (Kind::Open, 1),
            (b')', _) => (Kind::Close, 1),
            (b',', _) => (Kind::Comma, 1),
            (b';', _) => (Kind::Semicolon, 1),
            (b'.', _) => (Kind::Dot, 1),
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'&' | b'|', _) => (Kind::Arithmetic, 1),
            _ => (Kind::Other, 1),
        };
        self.token(kind, len)
    }

    fn variable(&mut self) -> Token {
        let system = self.byte(1) == b'@';
        let from = self.at + if system { 2 } else { 1 };
        let len =
            self.text.get(from..).map_or(0, |rest| rest.iter().take_while(|byte| is_word(**byte)).count());
        let kind = match (system, len) {
            // The names of server variables are ASCII; two `@` before other letters are doubles in a binary message.
            (true, 1..) if self.text[from].is_ascii() => Kind::System,
            _ if self.byte(1) == b'>' => Kind::Compare,
            _ => Kind::Variable,
        };
        self.token(kind, from - self.at + len)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if let Some(quote) = self.inside.take() {
            let len = memchr(quote, self.text)? + 1;
            return Some(self.token(Kind::Break, len));
        }
        loop {
            let spliced = self.skip();
            let byte = *self.text.get(self.at)?;
            let mut token = match byte {
                b'0'..=b'9' => self.number(),
                b'.' if self.byte(1).is_ascii_digit() => self.number(),
                b'\'' | b'"' => self.quoted(0),
                b'`' => self.name(),
                b'@' => self.variable(),
                b'#' if self.byte(1) != b'>' => match self.line_comment(1) {
                    Some(token) => token,
                    None => continue,
                },
                b'-' if self.byte(1) == b'-' => {
                    // Where MySQL sees two minus signs, read on: what follows may be code.
                    let next = self.at + 2;
                    let certain =
                        next >= self.text.len() || is_blank(self.text, next) || self.text[next] == b'+';
                    if certain {
                        match self.line_comment(2) {
                            Some(token) => token,
                            None => continue,
                        }
                    } else {
                        let short = self.text.len() - next <= TAIL;
                        self.token(if short { Kind::Tail } else { Kind::Arithmetic }, 2)
                    }
                }
                _ if is_word(byte) => self.word(),
                _ => self.operator(),
            };
            token.spliced = spliced;
            return Some(token);
        }
    }
}

/// Whether a comment is empty but for what attackers add to have it accepted.
fn bare(body: &[u8]) -> bool {
    body.iter().all(|byte| matches!(byte, 0..=b' ' | b'-' | b'+' | b'*' | b'/' | b'%' | b';'))
}

/// The end of the comment whose body starts at `from`.
fn closed(text: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        from += memchr(b'*', text.get(from..)?)? + 1;
        if text.get(from) == Some(&b'/') {
            return Some(from + 1);
        }
    }
}

/// Whether the byte at `at` separates: ASCII blanks, every control, and a no-break space in Latin-1 or UTF-8.
fn is_blank(text: &[u8], at: usize) -> bool {
    match text[at] {
        0..=b' ' | 0x7f => true,
        0xa0 => at == 0 || matches!(text[at - 1], 0..0x80 | 0xc2),
        0xc2 => text.get(at + 1) == Some(&0xa0),
        _ => false,
    }
}
