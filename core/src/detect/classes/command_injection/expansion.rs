//! Expansions that compute: `${PATH%%:*}`, `$[2+2]`.
//!
//! Many template engines and the shell replace `${name}`. Only the shell has expansions that cut a value or calculate. As a
//! whole value they test for a shell, or spell a character that a filter removes.

use super::identifier::is_name;
use crate::detect::decode::work::work;

/// The longest expansion that is looked at.
const MAX_NAME: usize = 64;

/// The longest sum inside of other text that is.
const SUM: usize = 32;

/// Whether `text` is one such expansion and nothing else.
pub(super) fn is_computed(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    if text.len() > MAX_NAME {
        return false;
    }
    work(text.len());
    match text {
        [b'$', b'{', inner @ .., b'}'] => cuts(inner),
        [b'$', b'[', sum @ .., b']'] | [b'$', b'(', b'(', sum @ .., b')', b')'] => calculates(sum),
        _ => false,
    }
}

/// Whether a sum of numbers is to be calculated somewhere in `text`: `$((7*7))`.
pub(super) fn holds_sum(text: &[u8]) -> bool {
    work(text.len());
    memchr::memmem::find_iter(text, b"$((").any(|at| {
        let sum = &text[at + 3..text.len().min(at + SUM)];
        work(sum.len());
        memchr::memmem::find(sum, b"))").is_some_and(|end| calculates(&sum[..end]))
    })
}

/// Whether a variable is named and a part of it cut off or out: `PATH#*/`, `HOME%%/*`, `HOME:0:1`.
fn cuts(inner: &[u8]) -> bool {
    let len = inner.iter().take_while(|byte| is_name(**byte)).count();
    match &inner[len..] {
        [b'#' | b'%', ..] => len > 0,
        // Elsewhere a colon precedes a default or a format: `${name:0}`.
        [b':', rest @ ..] => {
            let mut parts = rest.split(|byte| *byte == b':');
            let digits = |part: Option<&[u8]>| {
                part.is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
            };
            let name = &inner[..len];
            let shouted = name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase);
            len > 0 && shouted && digits(parts.next()) && digits(parts.next()) && parts.next().is_none()
        }
        _ => false,
    }
}

/// Whether this is a sum of numbers. An empty substitution in it counts as a blank.
fn calculates(sum: &[u8]) -> bool {
    let empty = memchr::memmem::find(sum, b"$()").is_some();
    let digit = sum.iter().position(u8::is_ascii_digit);
    let Some(digit) = digit else { return false };
    let rest = &sum[digit..];
    // A range has a hyphen.
    let operator = rest.iter().position(|byte| matches!(byte, b'+' | b'*' | b'/' | b'%' | b'^'));
    let plain =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'+' | b'*' | b'-' | b'/' | b'%' | b'^');
    empty || operator.is_some_and(|at| rest[at..].iter().any(u8::is_ascii_digit)) && sum.iter().all(plain)
}
