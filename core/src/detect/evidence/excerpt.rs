//! Excerpts of values and names for findings, without secrets.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::detect::decode::Source;
use crate::detect::lang::secret::secrets;
use crate::detect::lang::sensitive_name::is_sensitive;
use crate::text::printable;

/// The replacement of a secret.
pub(super) const MASKED: &str = "[masked]";
/// Bytes of an excerpt.
const MAX_EXCERPT: usize = 80;
/// Bytes of a name that are kept.
const MAX_NAME: usize = 64;
/// The length of the shortest word of a secret that is compared with an excerpt.
const MIN_WORD: usize = 4;
/// Bytes of a name in which secrets are found: the end of a secret in the first ones may be behind them.
const MAX_READ: usize = 1024;

/// The text around `span` in a view of a value. `sensitive` are names of the operator, in lower case.
pub(super) fn of_value(source: &Source<'_>, (start, end): (u32, u32), sensitive: &[String]) -> String {
    if is_sensitive(source.input.name, sensitive) {
        return MASKED.into();
    }
    let bytes = source.bytes;
    let start = (start as usize).min(bytes.len());
    let end = (end as usize).clamp(start, bytes.len());
    let spare = MAX_EXCERPT.saturating_sub(end - start) / 2;
    let from = start.saturating_sub(spare);
    let to = end.saturating_add(spare).min(from + MAX_EXCERPT).min(bytes.len());
    let shown = end.min(start + MAX_EXCERPT);
    // The name of a secret may be anywhere before it, so the whole view is read.
    let mut masks = Vec::new();
    let mut covers = false;
    secrets(bytes, sensitive, &mut |secret| {
        covers |= secret.start <= start && end <= secret.end;
        if secret.start < to.max(shown) && from < secret.end {
            masks.push(secret);
        }
    });
    if covers {
        return MASKED.into();
    }
    let text = masked(bytes, from..to, &masks, usize::MAX);
    if text.len() <= MAX_EXCERPT {
        return text;
    }
    // The surroundings need so many escapes that they would push out what this is about.
    masked(bytes, start..shown, &masks, MAX_EXCERPT)
}

/// A name, which may contain a value where it is not one: a whole text that was read as a form.
pub(super) fn of_name(name: &[u8], sensitive: &[String]) -> String {
    let name = &name[..name.len().min(MAX_READ)];
    let mut masks = Vec::new();
    secrets(name, sensitive, &mut |secret| masks.push(secret));
    masked(name, 0..name.len().min(MAX_NAME), &masks, MAX_NAME)
}

/// Whether an excerpt contains a word of a secret of `document`, the body that the value is from. The name of a secret may be
/// a value of its own: `{"name": "password", "value": "..."}`.
pub(super) fn discloses(excerpt: &str, document: &[u8], sensitive: &[String]) -> bool {
    let mut discloses = false;
    secrets(document, sensitive, &mut |secret| {
        let words = document[secret].split(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
        let mut words = words.filter(|word| (MIN_WORD..=MAX_EXCERPT).contains(&word.len()));
        discloses = discloses || words.any(|word| memchr::memmem::find(excerpt.as_bytes(), word).is_some());
    });
    discloses
}

/// The bytes of `range` for reports, at most `max` bytes, with [`MASKED`] in place of `masks`.
fn masked(bytes: &[u8], range: Range<usize>, masks: &[Range<usize>], max: usize) -> String {
    let mut text = String::new();
    let mut at = range.start;
    for mask in masks.iter().filter(|mask| mask.start < range.end && range.start < mask.end) {
        text.push_str(&printable(&bytes[at..mask.start.max(at)], max - text.len()));
        if max - text.len() < MASKED.len() {
            return text;
        }
        text.push_str(MASKED);
        at = mask.end.min(range.end);
    }
    text.push_str(&printable(&bytes[at..range.end], max - text.len()));
    text
}
