//! JSON as a stream of keys and leaves.
//!
//! The walker does not validate. It visits every key and every string, repeated keys included, at any depth. Text
//! outside of strings that is no punctuation, number or literal is visited as a leaf too, so that malformed documents
//! are inspected like well-formed ones. It reads each byte once without a stack: nesting deeper than [`Names`] tracks
//! only makes names less exact, so that neither depth nor the number of values needs a limit.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use crate::detect::gate::{is_plain_alone, plain_run};
use crate::detect::lang::names::Names;
use crate::simd;

/// One key or leaf of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf<'j> {
    /// The nearest key above, as written; empty at the top. For a key: its parent key.
    pub(crate) name: &'j [u8],
    /// The text, unescaped.
    pub(crate) value: &'j [u8],
    /// Whether this is a key.
    pub(crate) is_key: bool,
    /// Whether this is text outside of strings, which JSON does not allow.
    pub(crate) is_bare: bool,
    /// For a key: the document after it, which starts with its value. Else empty.
    pub(crate) after: &'j [u8],
}

/// Visit all keys and leaves of `document`; `text` is space to unescape into. With `skipped`, plain strings are not
/// visited and their bytes are added to it.
pub(crate) fn walk<B>(
    document: &[u8],
    text: &mut Vec<u8>,
    mut skipped: Option<&mut u64>,
    visit: &mut impl FnMut(Leaf<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut names = Names::new();
    let mut at = 0;
    while let Some(byte) = document.get(at) {
        match byte {
            b'{' | b'[' => {
                names.enter();
                at += 1;
            }
            b'}' | b']' => {
                names.leave();
                at += 1;
            }
            // Usually one blank follows.
            b',' | b':' => at += 1 + usize::from(document.get(at + 1) == Some(&b' ')),
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'"' => {
                let StringLiteral { raw, escaped, is_plain } = string(&document[at + 1..]);
                let start = at + 1;
                at = (start + raw.len() + 1).min(document.len());
                let value = if escaped { unescape(raw, text) } else { raw };
                let colon = colon(&document[at..]);
                match &mut skipped {
                    Some(skipped) if is_plain => **skipped += raw.len() as u64,
                    _ => {
                        let is_key = colon.is_some();
                        let after = if is_key { &document[at..] } else { &[] };
                        let name = names.above(document, is_key);
                        visit(Leaf { name, value, is_key, is_bare: false, after })?;
                    }
                }
                if let Some(colon) = colon {
                    names.set(start, raw.len());
                    at += colon + 1;
                    at += usize::from(document.get(at) == Some(&b' '));
                }
            }
            _ => {
                let (value, is_text) = outside(&document[at..]);
                at += value.len();
                if is_text {
                    let name = names.above(document, false);
                    visit(Leaf { name, value, is_key: false, is_bare: true, after: &[] })?;
                }
            }
        }
    }
    ControlFlow::Continue(())
}

/// Whether `body` starts like a JSON object or list.
#[inline]
pub(crate) fn looks_like_json(body: &[u8]) -> bool {
    // Fast path: most strings start with a byte that no document starts with.
    body.first().is_some_and(|first| matches!(first, b'{' | b'[' | 0xef) || first.is_ascii_whitespace())
        && is_document(body)
}

fn is_document(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    matches!(body.trim_ascii_start(), [b'{', rest @ ..] if matches!(rest.trim_ascii_start(), [b'"' | b'}', ..]))
        || matches!(
            body.trim_ascii_start(),
            [b'[', rest @ ..] if starts_value(rest.trim_ascii_start())
        )
}

/// Whether `rest` starts like the first value of a list, or ends the list.
fn starts_value(rest: &[u8]) -> bool {
    matches!(rest, [b'"' | b'{' | b'[' | b']' | b'0'..=b'9' | b'-', ..])
        || [&b"true"[..], b"false", b"null"].iter().any(|name| rest.starts_with(name))
}

/// A string literal.
struct StringLiteral<'j> {
    raw: &'j [u8],
    /// Whether it contains an escape.
    escaped: bool,
    /// Whether no recogniser can match it: see [`is_plain_alone`].
    is_plain: bool,
}

/// The string whose opening quote precedes `rest`, up to its closing quote or the end.
#[inline(always)]
fn string(rest: &[u8]) -> StringLiteral<'_> {
    // Most strings are short and plain: `plain_run` finds the closing quote and classifies the text in one pass.
    let run = plain_run(rest);
    let mut at = run.len;
    if rest.get(at) == Some(&b'"') {
        let raw = &rest[..at];
        return StringLiteral { raw, escaped: false, is_plain: is_plain_alone(raw, run) };
    }
    let mut escaped = false;
    while let Some(found) = simd::position(&rest[at..], |block| block.equal(b'"') | block.equal(b'\\')) {
        at += found;
        if rest[at] == b'"' {
            return StringLiteral { raw: &rest[..at], escaped, is_plain: false };
        }
        escaped = true;
        at = (at + 2).min(rest.len());
    }
    StringLiteral { raw: rest, escaped, is_plain: false }
}

/// The position of the colon, if it comes next.
fn colon(rest: &[u8]) -> Option<usize> {
    if let [first @ (b':' | b',' | b'}'), ..] = rest {
        return (*first == b':').then_some(0);
    }
    let at = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))?;
    (rest[at] == b':').then_some(at)
}

/// The text outside of strings up to the next punctuation, and whether it is more than a number or a literal.
#[inline]
fn outside(rest: &[u8]) -> (&[u8], bool) {
    if let Some(len) = number(rest) {
        return (&rest[..len], false);
    }
    let bare = bare(rest);
    (bare, !is_number_or_literal(bare))
}

/// The length of the number at the start of `rest`, if punctuation follows at once.
fn number(rest: &[u8]) -> Option<usize> {
    let len = rest.iter().position(|byte| !is_number_byte(*byte))?;
    matches!(rest[len], b',' | b'}' | b']').then_some(len)
}

/// The text up to the next string or punctuation.
fn bare(rest: &[u8]) -> &[u8] {
    let number = rest.iter().position(|byte| !is_number_byte(*byte)).unwrap_or(rest.len());
    let tail = &rest[number..];
    let end = tail.iter().position(|byte| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"'));
    &rest[..number + end.unwrap_or(tail.len())]
}

const fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_number_or_literal(bare: &[u8]) -> bool {
    let bare = bare.trim_ascii();
    matches!(bare, b"true" | b"false" | b"null") || bare.iter().all(|byte| is_number_byte(*byte))
}

/// Undo the escapes of RFC 8259 section 7; other escapes are kept.
fn unescape<'t>(raw: &[u8], text: &'t mut Vec<u8>) -> &'t [u8] {
    text.clear();
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..slash]);
        rest = &rest[slash..];
        rest = match rest {
            [_, b'u', more @ ..] => match unicode(more) {
                Some((char, used)) => {
                    text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    &more[used..]
                }
                None => {
                    text.extend_from_slice(b"\\u");
                    more
                }
            },
            [_, escaped, more @ ..] => {
                match simple(*escaped) {
                    Some(byte) => text.push(byte),
                    None => text.extend_from_slice(&[b'\\', *escaped]),
                }
                more
            }
            _ => {
                text.push(b'\\');
                &[]
            }
        };
    }
    text.extend_from_slice(rest);
    text
}

pub(crate) const fn simple(escaped: u8) -> Option<u8> {
    Some(match escaped {
        b'"' | b'\\' | b'/' => escaped,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// The character after `\u`, surrogate pairs joined, and its length in bytes. A lone surrogate becomes U+FFFD.
fn unicode(after: &[u8]) -> Option<(char, usize)> {
    let high = hex4(after)?;
    if let Some(char) = char::from_u32(high) {
        return Some((char, 4));
    }
    let low = after.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(hex4);
    match low {
        Some(low) if high < 0xdc00 && (0xdc00..0xe000).contains(&low) => {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 4)),
    }
}

fn hex4(text: &[u8]) -> Option<u32> {
    let digits = text.first_chunk::<4>()?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests;
