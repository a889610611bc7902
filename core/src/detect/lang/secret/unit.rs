//! One character of a text, with its escapes undone: `%3D`, `%253D`, `&#61;`, `\"`, `\\\"`, `\u003d`.

use crate::detect::decode::work::work;

/// A character of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The character; 0x80 for one beyond ASCII that was escaped.
    pub(super) byte: u8,
    /// How deep it is escaped: 0 for a character as it is, and the number of backslashes, of rounds of percent-encoding or
    /// of character references.
    pub(super) level: u8,
    /// Where the next character starts.
    pub(super) end: usize,
}

/// The character at `at`, which is within `text`. The work is linear in its length.
pub(super) fn read(text: &[u8], at: usize) -> Unit {
    let plain = |byte| Unit { byte, level: 0, end: at + 1 };
    let unit = match text.get(at) {
        Some(b'%') => percent(text, at).unwrap_or(plain(b'%')),
        Some(b'&') => reference(text, at).unwrap_or(plain(b'&')),
        Some(b'\\') => backslash(text, at),
        byte => plain(byte.copied().unwrap_or_default()),
    };
    work(unit.end - at);
    unit
}

fn percent(text: &[u8], at: usize) -> Option<Unit> {
    if matches!(text.get(at + 1), Some(b'u' | b'U')) {
        return Some(Unit { byte: hex(text, at + 2, 4)?, level: 1, end: at + 6 });
    }
    let mut unit = Unit { byte: hex(text, at + 1, 2)?, level: 1, end: at + 3 };
    // `%25` followed by two digits is an escape that was escaped.
    while unit.byte == b'%'
        && let Some(byte) = hex(text, unit.end, 2)
    {
        unit = Unit { byte, level: unit.level.saturating_add(1), end: unit.end + 2 };
    }
    Some(unit)
}

fn reference(text: &[u8], at: usize) -> Option<Unit> {
    let (byte, end) = reference_body(text, at + 1)?;
    let mut unit = Unit { byte, level: 1, end };
    // `&amp;` followed by the rest of a reference is a reference that was escaped.
    while unit.byte == b'&'
        && let Some((byte, end)) = reference_body(text, unit.end)
    {
        unit = Unit { byte, level: unit.level.saturating_add(1), end };
    }
    Some(unit)
}

/// A character reference without its `&`: the character, and where the text goes on.
fn reference_body(text: &[u8], at: usize) -> Option<(u8, usize)> {
    /// The length of the longest reference that is read: `#x0000003d`.
    const MAX_LEN: usize = 10;
    const NAMES: [(&[u8], u8); 8] = [
        (b"amp", b'&'),
        (b"apos", b'\''),
        (b"colon", b':'),
        (b"equals", b'='),
        (b"gt", b'>'),
        (b"lt", b'<'),
        (b"quot", b'"'),
        (b"sol", b'/'),
    ];
    let rest = text.get(at..)?;
    let len = rest.iter().take(MAX_LEN + 1).position(|byte| *byte == b';')?;
    let body = &rest[..len];
    let byte = match body {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        name => NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?.1,
    };
    Some((byte, at + len + 1))
}

/// A run of backslashes and what it escapes, or else the run alone.
fn backslash(text: &[u8], at: usize) -> Unit {
    let run = text[at..].iter().take_while(|byte| **byte == b'\\').count();
    let (level, next) = (u8::try_from(run).unwrap_or(u8::MAX), at + run);
    let escaped = match text.get(next) {
        Some(byte @ (b'"' | b'\'' | b'`' | b'/')) => Some((*byte, 1)),
        Some(b'u') => hex(text, next + 1, 4).map(|byte| (byte, 5)),
        Some(b'x') => hex(text, next + 1, 2).map(|byte| (byte, 3)),
        _ => None,
    };
    match escaped {
        Some((byte, len)) => Unit { byte, level, end: next + len },
        None => Unit { byte: b'\\', level: 0, end: next },
    }
}

/// The character of `len` hexadecimal digits at `at`.
fn hex(text: &[u8], at: usize, len: usize) -> Option<u8> {
    number(text.get(at..at + len)?, 16)
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let add = |value: u32, digit: &u8| Some((value * radix + char::from(*digit).to_digit(radix)?).min(0x80));
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, add).and_then(|value| u8::try_from(value).ok())
}

/// Whether a character may be in a name.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'$' | b'@' | 0x80..)
}
