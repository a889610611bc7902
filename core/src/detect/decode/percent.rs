//! Percent escapes: `%HH`, `%uHHHH`, overlong UTF-8 spelt with them, and form encoding's `+`.

use alloc::vec::Vec;

use super::digits::{hex, overlong_at_end};
use super::result::DecodeResult;
use super::work::work;
use crate::detect::decode::Decodings;
use crate::simd;

/// Undo percent escapes to any depth, and `+` for a blank when `plus` is set (before any escape is undone, so that an
/// escaped plus stays one). What is not an escape stays as it is.
pub(crate) fn percent(input: &[u8], plus: bool, out: &mut Vec<u8>) -> DecodeResult {
    traced(input, plus, out, |_, _| ())
}

/// [`percent`]; calls `trace` with the current positions in input and output.
pub(crate) fn traced(
    input: &[u8],
    plus: bool,
    out: &mut Vec<u8>,
    mut trace: impl FnMut(usize, usize),
) -> DecodeResult {
    out.clear();
    out.reserve(input.len());
    let mut writer = Writer { out, levels: 0, percent: usize::MAX / 2, undone: DecodeResult::default() };
    let mut rest = input;
    while let Some(first) = rest.first() {
        trace(input.len() - rest.len(), writer.out.len());
        work(1);
        match (first, rest) {
            (b'%', [_, high, low, tail @ ..]) if let (Some(high), Some(low)) = (hex(*high), hex(*low)) => {
                writer.decoded(high << 4 | low, 1);
                rest = tail;
            }
            (b'+', [_, tail @ ..]) if plus => {
                writer.undone.add(Decodings::PLUS);
                writer.push(b' ', 0);
                rest = tail;
            }
            _ if *first == b'%' || writer.is_pending() => {
                writer.push(*first, 0);
                writer.replace_tail();
                rest = &rest[1..];
            }
            _ => {
                let run = marker(rest, plus).unwrap_or(rest.len());
                work(run);
                writer.copy(rest, run);
                rest = &rest[run..];
            }
        }
    }
    trace(input.len(), writer.out.len());
    writer.undone
}

/// The position of the next byte that may be encoded. In an encoded value it is near.
fn marker(text: &[u8], plus: bool) -> Option<usize> {
    let (near, far) = text.split_at(text.len().min(NEAR));
    let found = simd::position(near, |block| if plus { block.either(b'%', b'+') } else { block.equal(b'%') });
    found.or_else(|| {
        let found = if plus { memchr::memchr2(b'%', b'+', far) } else { memchr::memchr(b'%', far) };
        found.map(|at| near.len() + at)
    })
}

/// Bytes that are searched without the preparations that a longer search is worth.
const NEAR: usize = 4 * simd::LEN;

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// The escape levels of the last eight bytes written, the newest in the low byte. Older ones count as literal,
    /// which can only matter to an escape woven from more pieces than that.
    levels: u64,
    /// Where the last percent sign was written, or behind that: the beginning of an escape is near it or nowhere.
    percent: usize,
    undone: DecodeResult,
}

impl Writer<'_> {
    fn push(&mut self, byte: u8, level: u8) {
        if byte == b'%' {
            self.percent = self.out.len();
        }
        self.out.push(byte);
        self.levels = self.levels << 8 | u64::from(level);
    }

    /// Copy the first `len` bytes of `text`, which hold no marker, while nothing is pending. Most runs are short, and a copy
    /// of one length is no call.
    fn copy(&mut self, text: &[u8], len: usize) {
        let end = self.out.len() + len;
        match text.first_chunk::<{ simd::LEN }>() {
            Some(chunk) if len <= simd::LEN => self.out.extend_from_slice(chunk),
            _ => self.out.extend_from_slice(&text[..len]),
        }
        self.out.truncate(end);
        self.levels = 0;
    }

    /// Append the character of an escape of `level`.
    fn decoded(&mut self, byte: u8, level: u8) {
        self.undone.add(Decodings::PERCENT);
        self.undone.depth = self.undone.depth.max(level);
        self.push(byte, level);
        if byte < 0x80 {
            if byte == b'%' || self.is_pending_before_last() {
                self.replace_tail();
            }
        } else if let Some((ascii, len)) = overlong_at_end(self.out) {
            let level = self.drop(len);
            self.undone.depth = self.undone.depth.max(level);
            self.push(ascii, level);
            self.replace_tail();
        }
    }

    /// While the tail is an escape, replace it by its character.
    fn replace_tail(&mut self) {
        loop {
            work(1);
            if let [.., b'%', high, low] = self.out.as_slice()
                && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            {
                let level = self.drop(3);
                self.note(level);
                self.push(high << 4 | low, level);
                if let Some((ascii, len)) = overlong_at_end(self.out) {
                    let level = self.drop(len);
                    self.note(level);
                    self.push(ascii, level);
                }
            } else if let Some(code) = unicode_at_end(self.out) {
                let level = self.drop(6);
                self.note(level);
                let char = char::from_u32(u32::from(code)).unwrap_or(char::REPLACEMENT_CHARACTER);
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    self.push(byte, level);
                }
            } else {
                return;
            }
        }
    }

    fn note(&mut self, level: u8) {
        self.undone.add(Decodings::PERCENT);
        self.undone.depth = self.undone.depth.max(level);
    }

    /// Take the last `len` bytes back; the level of an escape made of them.
    fn drop(&mut self, len: usize) -> u8 {
        self.out.truncate(self.out.len() - len);
        self.percent = self.percent.min(self.out.len());
        let mut level = 0;
        for _ in 0..len {
            level = level.max(self.levels as u8);
            self.levels >>= 8;
        }
        level.saturating_add(1)
    }

    /// Whether what was written ends in the beginning of an escape.
    fn is_pending(&self) -> bool {
        self.is_near_percent() && is_prefix(self.out)
    }

    fn is_pending_before_last(&self) -> bool {
        self.is_near_percent() && is_prefix(&self.out[..self.out.len() - 1])
    }

    const fn is_near_percent(&self) -> bool {
        self.out.len().wrapping_sub(self.percent) <= PREFIX + 1
    }
}

/// The longest beginning of an escape: `%uHHH`.
const PREFIX: usize = 5;

/// Whether `out` ends in `%`, `%H`, `%u`, `%uH`, `%uHH` or `%uHHH`.
fn is_prefix(out: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_hexdigit();
    match out {
        [.., b'%'] | [.., b'%', b'u' | b'U'] => true,
        [.., b'%', a] if digit(a) => true,
        [.., b'%', b'u' | b'U', a] => digit(a),
        [.., b'%', b'u' | b'U', a, b] => digit(a) && digit(b),
        [.., b'%', b'u' | b'U', a, b, c] => digit(a) && digit(b) && digit(c),
        _ => false,
    }
}

/// The code unit of the `%uHHHH` at the end of `out`.
fn unicode_at_end(out: &[u8]) -> Option<u16> {
    let [.., b'%', b'u' | b'U', a, b, c, d] = out else { return None };
    let byte = |high: u8, low: u8| Some(u16::from(hex(high)? << 4 | hex(low)?));
    Some(byte(*a, *b)? << 8 | byte(*c, *d)?)
}
