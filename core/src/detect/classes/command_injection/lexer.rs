//! Shell words without copies: quotes, escapes and empty expansions fall away while the name is hashed.
//!
//! A value may start inside of a quoted word, so quotes never shield a separator here.

use super::identifier::is_name;
use crate::detect::decode::work::work;
use crate::detect::lang::dictionary::{EMPTY, extend};

/// What the lexer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    Word(Word),
    /// `;` `&` `|` and their doubles.
    Separator {
        pipe: bool,
    },
    NewLine,
    /// `$(` `<(` or an opening backtick.
    Substitute {
        tick: bool,
    },
    /// The end of a substitution or group.
    Close,
    /// `(` behind a word.
    Group,
    /// `>` or `<`.
    Redirect,
}

/// One word as the shell would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The hash of the word without what the shell removes.
    pub(super) hash: u64,
    /// The hash of what follows its last slash.
    pub(super) base: u64,
    /// Whether characters inside of it were removed.
    pub(super) spelled: bool,
    /// Whether an expansion or brace replaces the blank after it.
    pub(super) joined: bool,
}

/// What the shell makes of a part of a word.
enum Part {
    Kept,
    /// This many bytes leave nothing.
    Removed(usize),
    /// This many bytes leave a blank.
    Blank(usize),
    /// The word ends before it.
    End,
}

/// Reads lexemes from `text`.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    ticks: bool,
    braces: bool,
}

/// The longest expansion that is taken to be empty.
pub(super) const EXPANSION: usize = 24;

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0, ticks: false, braces: false }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The length of an expansion at `at` that leaves nothing, and whether it leaves a blank.
    fn expansion(&self, at: usize) -> Option<(usize, bool)> {
        if self.byte(at) != b'$' {
            return None;
        }
        let rest = &self.text[at + 1..];
        match rest {
            [b'I' | b'i', b'F' | b'f', b'S' | b's', tail @ ..] => {
                let digit = matches!(tail, [b'$', b'0'..=b'9', ..]);
                Some((if digit { 6 } else { 4 }, true))
            }
            [b'@' | b'*' | b'1'..=b'9' | b'!', ..] => Some((2, false)),
            [b'\'' | b'"', ..] => Some((1, false)),
            [b'{', body @ ..] => {
                let len = body.iter().take(EXPANSION).position(|byte| *byte == b'}')?;
                if memchr::memchr(b'`', &body[..len]).is_some() {
                    return None;
                }
                let blank = body.len() >= 3 && body[..3].eq_ignore_ascii_case(b"IFS");
                (len > 0).then_some((len + 3, blank))
            }
            [b'(', b')', ..] => Some((3, false)),
            _ => None,
        }
    }

    /// Whether the brace before `from` encloses alternatives.
    fn alternates(&self, from: usize) -> bool {
        let window = &self.text[from..self.text.len().min(from + EXPANSION)];
        window.iter().position(|byte| *byte == b'}').is_some_and(|end| {
            let body = &window[..end];
            body.contains(&b',')
                && body.iter().all(|byte| *byte > b' ' && !matches!(byte, b'"' | b'\'' | b':'))
        })
    }

    /// The length of the alternatives left at hand, if letters follow the brace that closes them.
    fn suffix(&self) -> Option<usize> {
        let window = &self.text[self.at..self.text.len().min(self.at + EXPANSION)];
        let close = window.iter().position(|byte| *byte == b'}' || *byte <= b' ')?;
        let goes_on = self.byte(self.at + close + 1).is_ascii_alphabetic();
        (window[close] == b'}' && goes_on).then_some(close + 1)
    }

    /// How the shell reads the current byte; with `begun` the word has letters already.
    fn part(&mut self, byte: u8, next: u8, begun: bool) -> Part {
        match byte {
            b'`' if next == b'`' && begun => Part::Removed(2),
            b'\\' if next == b'\n' => Part::Removed(2),
            b'\'' | b'"' | b'^' | b'\\' => Part::Removed(1),
            b'@' if !begun => Part::Removed(1),
            b'$' => match self.expansion(self.at) {
                Some((len, true)) => Part::Blank(len),
                Some((len, false)) => Part::Removed(len),
                None if next == b'(' => Part::End,
                // An unset variable, as after the name of a program.
                None if begun && (next.is_ascii_alphabetic() || next == b'_') => {
                    let name = self.text[self.at + 1..].iter().take(EXPANSION);
                    Part::Removed(1 + name.take_while(|byte| is_name(**byte)).count())
                }
                None => Part::Kept,
            },
            b'{' if !begun || self.alternates(self.at + 1) => {
                self.braces = true;
                Part::Removed(1)
            }
            b'}' if self.braces => {
                self.braces = false;
                Part::Removed(1)
            }
            // `{,id}` is `id`, and `{l,-la}s` is `ls -las`.
            b',' if self.braces && !begun => Part::Removed(1),
            b',' if self.braces => match self.suffix() {
                Some(len) => {
                    self.braces = false;
                    Part::Removed(len)
                }
                None => Part::Blank(1),
            },
            _ if is_boundary(byte) => Part::End,
            _ => Part::Kept,
        }
    }

    fn word(&mut self) -> Option<Lexeme> {
        let start = self.at;
        let mut word = Word { start, end: start, hash: EMPTY, base: EMPTY, spelled: false, joined: false };
        let mut letters = 0_usize;
        let mut removed = false;
        let mut quotes = 0_u32;
        let mut inner = false;
        while let Some(byte) = self.text.get(self.at).copied() {
            work(1);
            let next = self.byte(self.at + 1);
            let part = match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Part::Kept,
                _ => self.part(byte, next, letters > 0),
            };
            let len = match part {
                Part::End => break,
                Part::Kept => 0,
                Part::Removed(len) => len,
                Part::Blank(len) => {
                    word.joined = letters > 0 || byte == b'$';
                    word.end = self.at;
                    self.at += len;
                    return Some(Lexeme::Word(word));
                }
            };
            if len > 0 {
                // A lone apostrophe is one, as in `I'd`; a pair of quotes is spelling.
                match byte {
                    b'\'' | b'"' => quotes += 1,
                    b'\\' if matches!(next, b'\'' | b'"') => {}
                    b'$' | b'`' => {
                        removed |= letters > 0;
                        // Nothing else has an expansion at the end of a word that leaves nothing.
                        word.spelled |= letters > 0 && matches!(next, b'(' | b'`' | b'@');
                    }
                    b',' => removed = true,
                    _ => removed |= letters > 0,
                }
                inner |= letters > 0;
                if byte == b'\\' {
                    word.base = EMPTY;
                }
                self.at = (self.at + len).min(self.text.len());
                continue;
            }
            word.spelled |= removed || inner && quotes >= 2;
            if byte == b'/' {
                word.base = EMPTY;
            } else {
                word.base = extend(word.base, byte);
            }
            word.hash = extend(word.hash, byte);
            letters += 1;
            self.at += 1;
        }
        word.end = self.at;
        (self.at > start).then_some(Lexeme::Word(word))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        loop {
            let byte = *self.text.get(self.at)?;
            let next = self.byte(self.at + 1);
            let (lexeme, len) = match byte {
                b'\n' | b'\r' => (Lexeme::NewLine, 1),
                b';' => (Lexeme::Separator { pipe: false }, 1),
                b'>' | b'<' if next == b'(' => (Lexeme::Substitute { tick: false }, 2),
                b'>' if next == b'&' => (Lexeme::Redirect, 2),
                b'&' if next == b'>' => (Lexeme::Redirect, 2),
                b'|' | b'&' => {
                    let double = next == byte;
                    (Lexeme::Separator { pipe: byte == b'|' && !double }, 1 + usize::from(double))
                }
                b'>' | b'<' => (Lexeme::Redirect, 1),
                b'$' if next == b'(' && self.byte(self.at + 2) != b')' => {
                    (Lexeme::Substitute { tick: false }, 2)
                }
                b'(' => (Lexeme::Group, 1),
                b')' => (Lexeme::Close, 1),
                b'`' => {
                    self.ticks = !self.ticks;
                    (if self.ticks { Lexeme::Substitute { tick: true } } else { Lexeme::Close }, 1)
                }
                0..=b' ' | 0x7f | b'+' => {
                    self.at += 1;
                    self.braces = false;
                    continue;
                }
                _ => match self.word() {
                    Some(word) => return Some(word),
                    None => {
                        self.at += 1;
                        continue;
                    }
                },
            };
            self.at += len;
            return Some(lexeme);
        }
    }
}

const fn is_boundary(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | 0x7f | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'`' | b'+')
}
