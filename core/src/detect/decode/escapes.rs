//! HTML character references and the backslash escapes of JavaScript, JSON, CSS and C.
//!
//! Only spellings that mean the same to every reader are decoded: `C:\dev` and `\d+` stay as they are.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::digits::hex;
use super::result::DecodeResult;
use super::work::work;
use crate::detect::decode::Decodings;

/// Named references to ASCII, in lower case and sorted. Browsers report case apart, applications often do not.
pub(super) const NAMES: &[(&str, u8)] = &[
    ("amp", b'&'),
    ("apos", b'\''),
    ("ast", b'*'),
    ("bne", b'='),
    ("bsol", b'\\'),
    ("colon", b':'),
    ("comma", b','),
    ("commat", b'@'),
    ("diacriticalgrave", b'`'),
    ("dollar", b'$'),
    ("equals", b'='),
    ("excl", b'!'),
    ("grave", b'`'),
    ("gt", b'>'),
    ("hat", b'^'),
    ("lbrace", b'{'),
    ("lbrack", b'['),
    ("lcub", b'{'),
    ("lowbar", b'_'),
    ("lpar", b'('),
    ("lsqb", b'['),
    ("lt", b'<'),
    ("midast", b'*'),
    ("nbsp", b' '),
    ("newline", b'\n'),
    ("num", b'#'),
    ("percnt", b'%'),
    ("period", b'.'),
    ("plus", b'+'),
    ("quest", b'?'),
    ("quot", b'"'),
    ("rbrace", b'}'),
    ("rbrack", b']'),
    ("rcub", b'}'),
    ("rpar", b')'),
    ("rsqb", b']'),
    ("semi", b';'),
    ("sol", b'/'),
    ("tab", b'\t'),
    ("underbar", b'_'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("verticalline", b'|'),
];

pub(super) const MAX_NAME: usize = 16;

/// Unfinished escapes that are kept while another one is read inside them.
const NESTED: usize = 8;

/// Undo HTML character references and backslash escapes.
pub(crate) fn escapes(input: &[u8], out: &mut Vec<u8>) -> DecodeResult {
    traced(input, out, |_, _| ())
}

/// [`escapes`]; calls `trace` with the current positions in input and output.
pub(crate) fn traced(input: &[u8], out: &mut Vec<u8>, trace: impl FnMut(usize, usize)) -> DecodeResult {
    out.clear();
    let (open, undone) = (ArrayVec::new(), DecodeResult::default());
    let mut writer = Writer { out, open, undone, swallow: false, at: 0, trace };
    let mut rest = input;
    while let [first, tail @ ..] = rest {
        writer.at = input.len() - rest.len();
        writer.report();
        if writer.is_idle() && !matches!(first, b'&' | b'\\') {
            let run = memchr::memchr2(b'&', b'\\', rest).unwrap_or(rest.len());
            let (run, tail) = rest.split_at(run);
            work(run.len());
            writer.out.extend_from_slice(run);
            rest = tail;
        } else {
            writer.read(*first);
            rest = tail;
        }
    }
    writer.finish();
    writer.at = input.len();
    writer.report();
    writer.undone
}

struct Writer<'o, T> {
    out: &'o mut Vec<u8>,
    /// Where in `out` unfinished escapes start, outermost first.
    open: ArrayVec<usize, NESTED>,
    undone: DecodeResult,
    /// Whether one blank belongs to the CSS escape that was just undone.
    swallow: bool,
    /// Where in the input the byte is that is being read.
    at: usize,
    trace: T,
}

/// What the next byte means to an unfinished escape.
enum EscapeState {
    /// It goes on.
    More,
    /// It is complete with this byte.
    Done(EscapeValue),
    /// It was complete before this byte.
    DoneBefore(EscapeValue),
    /// The byte starts another escape, whose meaning may continue this one.
    Inner,
    /// It is not an escape.
    Dead,
}

enum EscapeValue {
    Byte(u8),
    Char(char),
    /// As CSS spells it: one blank after it belongs to it.
    Css(char),
}

impl EscapeValue {
    fn code(code: u32) -> Self {
        Self::Char(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl<T: FnMut(usize, usize)> Writer<'_, T> {
    fn is_idle(&self) -> bool {
        self.open.is_empty() && !self.swallow
    }

    /// Append one byte of the input and settle what it completes.
    fn read(&mut self, byte: u8) {
        work(1);
        while let Some(start) = self.open.last().copied() {
            work(1);
            match next(&self.out[start..], byte) {
                EscapeState::More => return self.out.push(byte),
                EscapeState::Done(meaning) => return self.replace(start, &meaning),
                EscapeState::DoneBefore(meaning) => {
                    self.replace(start, &meaning);
                    self.report();
                }
                EscapeState::Inner => break,
                EscapeState::Dead => self.open.clear(),
            }
        }
        if core::mem::take(&mut self.swallow) && matches!(byte, b' ' | b'\t' | b'\n') {
            return;
        }
        self.literal(byte);
    }

    /// Append a byte that continues no unfinished escape.
    fn literal(&mut self, byte: u8) {
        if matches!(byte, b'&' | b'\\') {
            if self.open.is_full() {
                self.open.clear();
            }
            self.open.push(self.out.len());
        }
        self.out.push(byte);
    }

    /// Replace the escape that starts at `start` by what it means. The meaning is read like input, as it may continue
    /// or complete the escape around it; each such step closes one escape, so that this never goes deeper than
    /// [`NESTED`].
    fn replace(&mut self, start: usize, meaning: &EscapeValue) {
        self.undone.add(if self.out[start] == b'&' { Decodings::ENTITY } else { Decodings::ESCAPE });
        self.out.truncate(start);
        self.open.pop();
        match meaning {
            EscapeValue::Byte(byte) => self.read(*byte),
            EscapeValue::Char(char) | EscapeValue::Css(char) => {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    self.read(byte);
                }
            }
        }
        self.swallow = matches!(meaning, EscapeValue::Css(_));
    }

    fn report(&mut self) {
        (self.trace)(self.at, self.out.len());
    }

    fn finish(&mut self) {
        while let Some(start) = self.open.last().copied() {
            match next(&self.out[start..], b' ') {
                EscapeState::DoneBefore(meaning) => self.replace(start, &meaning),
                _ => return,
            }
        }
    }
}

fn next(escape: &[u8], byte: u8) -> EscapeState {
    match escape {
        [b'&', rest @ ..] => next_in_reference(rest, byte),
        [_, rest @ ..] => next_in_backslash(rest, byte),
        [] => EscapeState::Dead,
    }
}

/// Whether a name in [`NAMES`] starts with these two. Those of parameters, which follow an ampersand too, seldom do.
fn starts_name(first: u8, second: u8) -> bool {
    const SECONDS: [u32; 26] = {
        let mut seconds = [0; 26];
        let mut at = 0;
        while at < NAMES.len() {
            let name = NAMES[at].0.as_bytes();
            seconds[(name[0] - b'a') as usize] |= 1 << (name[1] - b'a');
            at += 1;
        }
        seconds
    };
    let letter = |byte: u8| byte.to_ascii_lowercase().wrapping_sub(b'a');
    let seconds = SECONDS.get(usize::from(letter(first))).copied().unwrap_or_default();
    letter(second) < 26 && seconds >> letter(second) & 1 != 0
}

/// `reference` is what follows `&`.
fn next_in_reference(reference: &[u8], byte: u8) -> EscapeState {
    match (reference, byte) {
        ([], b'#') => EscapeState::More,
        ([b'#', digits @ ..], _) => next_in_number(digits, byte),
        ([first], _) if byte.is_ascii_alphanumeric() && !starts_name(*first, byte) => EscapeState::Dead,
        (_, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') if reference.len() < MAX_NAME => EscapeState::More,
        (_, b';') => named(reference)
            .map_or(EscapeState::Dead, |meaning| EscapeState::Done(EscapeValue::Byte(meaning))),
        _ => match named(reference) {
            // Browsers take these without a semicolon too.
            Some(meaning @ (b'<' | b'>' | b'&' | b'"')) if reference.len() < 5 => {
                EscapeState::DoneBefore(EscapeValue::Byte(meaning))
            }
            _ if matches!(byte, b'&' | b'\\') => EscapeState::Inner,
            _ => EscapeState::Dead,
        },
    }
}

/// `digits` is what follows `&#`. With one digit it is complete whatever follows, which keeps long ones linear.
fn next_in_number(digits: &[u8], byte: u8) -> EscapeState {
    let (digits, radix) = match digits {
        [] if matches!(byte, b'x' | b'X') => return EscapeState::More,
        [b'x' | b'X', digits @ ..] => (digits, 16),
        _ => (digits, 10),
    };
    if char::from(byte).is_digit(radix) {
        return EscapeState::More;
    }
    if digits.is_empty() {
        return if matches!(byte, b'&' | b'\\') { EscapeState::Inner } else { EscapeState::Dead };
    }
    work(digits.len());
    let code = digits.iter().fold(0_u32, |code, digit| {
        code.saturating_mul(radix).saturating_add(hex(*digit).unwrap_or_default().into())
    });
    if byte == b';' {
        EscapeState::Done(EscapeValue::code(code))
    } else {
        EscapeState::DoneBefore(EscapeValue::code(code))
    }
}

fn named(name: &[u8]) -> Option<u8> {
    if name.is_empty() {
        return None;
    }
    let mut lower = [0; MAX_NAME];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let at = NAMES.binary_search_by(|(name, _)| name.as_bytes().cmp(lower)).ok()?;
    Some(NAMES[at].1)
}

/// `escape` is what follows the backslash, at most twelve bytes.
fn next_in_backslash(escape: &[u8], byte: u8) -> EscapeState {
    let inner = matches!(byte, b'&' | b'\\');
    match escape {
        [] if matches!(byte, b'x' | b'u' | b'U') || byte.is_ascii_hexdigit() => EscapeState::More,
        [] if byte == b'&' => EscapeState::Inner,
        [] => EscapeState::Dead,
        [b'u' | b'U', b'{', digits @ ..] => match byte {
            b'}' if !digits.is_empty() => EscapeState::Done(EscapeValue::code(value(digits))),
            _ if byte.is_ascii_hexdigit() && digits.len() < 8 => EscapeState::More,
            _ if inner => EscapeState::Inner,
            _ => EscapeState::Dead,
        },
        [b'u' | b'U'] if byte == b'{' => EscapeState::More,
        [b'x', high] if byte.is_ascii_hexdigit() => {
            EscapeState::Done(EscapeValue::Byte(value(&[*high, byte]) as u8))
        }
        [b'u' | b'U', a, b, c] if byte.is_ascii_hexdigit() => {
            EscapeState::Done(EscapeValue::code(value(&[*a, *b, *c, byte])))
        }
        [b'x' | b'u' | b'U', ..] if byte.is_ascii_hexdigit() => EscapeState::More,
        [b'x' | b'u' | b'U', ..] => {
            if inner {
                EscapeState::Inner
            } else {
                EscapeState::Dead
            }
        }
        _ => next_in_digits(escape, byte),
    }
}

/// Octal and CSS: three octal digits that spell ASCII; hexadecimal digits padded to four or more, or two that spell a
/// letter and are closed by a blank.
fn next_in_digits(digits: &[u8], byte: u8) -> EscapeState {
    if let [a @ b'0'..=b'1', b @ b'0'..=b'7'] = digits
        && matches!(byte, b'0'..=b'7')
        && let code @ (9..=13 | 32..=126) = (a - b'0') << 6 | (b - b'0') << 3 | (byte - b'0')
    {
        return EscapeState::Done(EscapeValue::Byte(code));
    }
    if byte.is_ascii_hexdigit() {
        return match digits {
            [_] | [b'0', b'0', _, ..] if digits.len() < 6 => EscapeState::More,
            [b'0', b'0'] => EscapeState::More,
            _ => EscapeState::Dead,
        };
    }
    match (digits, char::from_u32(value(digits))) {
        ([b'0', b'0', _, _, ..], Some(char)) => EscapeState::DoneBefore(EscapeValue::Css(char)),
        ([_, _], Some(char)) if byte == b' ' && char.is_ascii_alphabetic() => {
            EscapeState::DoneBefore(EscapeValue::Css(char))
        }
        _ if matches!(byte, b'&' | b'\\') => EscapeState::Inner,
        _ => EscapeState::Dead,
    }
}

/// The number that at most eight hexadecimal digits spell.
fn value(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value << 4 | u32::from(hex(*digit).unwrap_or_default()))
}
