//! PHP serialised objects: `O:8:"stdClass":1:{..}`, where the length must be that of the name.

use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// Longest name of a class.
const MAX_NAME: usize = 128;

/// Add the objects in `text`, wherever a value of PHP may begin.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    for colon in memchr::memchr_iter(b':', text) {
        work(1);
        let Some(at) = colon.checked_sub(1) else { continue };
        let begins =
            at == 0 || matches!(text[at - 1], b'{' | b';' | b'}' | b'|' | b'"' | b'\'' | b' ' | b'=');
        if begins && matches!(text[at], b'O' | b'C') && is_object(&text[colon + 1..]) {
            evidence.add(&rules::PHP, at..text.len().min(at + MAX_NAME));
            return;
        }
    }
}

/// Whether a length, a class name of that length, a count and a brace follow.
fn is_object(rest: &[u8]) -> bool {
    let rest = &rest[..rest.len().min(MAX_NAME)];
    let rest = rest.strip_prefix(b"+").unwrap_or(rest);
    let Some((len, rest)) = number(rest) else { return false };
    let rest = rest.strip_prefix(b":").unwrap_or_default();
    // Within another text the quotes are escaped.
    let quote: &[u8] = if rest.starts_with(b"\\\"") { b"\\\"" } else { b"\"" };
    let Some(rest) = rest.strip_prefix(quote) else { return false };
    let Some((name, rest)) = rest.split_at_checked(len) else { return false };
    let is_name =
        name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\' | 0x80..));
    let Some(rest) = rest.strip_prefix(quote).and_then(|rest| rest.strip_prefix(b":")) else { return false };
    !name.is_empty() && is_name && number(rest).is_some_and(|(_, rest)| rest.starts_with(b":{"))
}

/// The number that `text` starts with, and what follows it.
fn number(text: &[u8]) -> Option<(usize, &[u8])> {
    let len = text.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    work(len + 1);
    let (digits, rest) = text.split_at(len);
    let number = digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    (len > 0).then_some((number, rest))
}
