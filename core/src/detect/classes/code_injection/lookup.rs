//! Log4j lookups: `${jndi:ldap://host/x}`, in any obfuscation.
//!
//! Log4j resolves lookups from the inside out: `${lower:J}` is a letter, `${env:NONE:-j}` and `${::-j}` are their
//! default. One pass does the same on a short stack and keeps the relevant text of each level.

use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// Levels that are followed; deeper ones count for the last.
const DEPTH: usize = 16;
/// How much of each level's text is kept. The decisive part is at its beginning.
const KEPT: usize = 64;

/// One lookup that is open.
#[derive(Clone, Copy)]
struct Level {
    text: [u8; KEPT],
    len: usize,
    start: usize,
}

impl Level {
    const EMPTY: Self = Self { text: [0; KEPT], len: 0, start: 0 };

    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.text.get_mut(self.len) {
            *slot = byte.to_ascii_lowercase();
            self.len += 1;
        }
    }

    fn text(&self) -> &[u8] {
        &self.text[..self.len]
    }

    /// What the lookup is replaced by, as far as that can be known.
    fn value(&self) -> &[u8] {
        let text = self.text();
        if let Some(at) = memchr::memmem::find(text, b":-") {
            return &text[at + 2..];
        }
        match text {
            [b'l', b'o', b'w', b'e', b'r', b':', rest @ ..]
            | [b'u', b'p', b'p', b'e', b'r', b':', rest @ ..] => rest,
            [b'd', b'a', b't', b'e', b':', rest @ ..] => rest.trim_ascii_start(),
            _ => b"",
        }
    }
}

/// Add the evidence of the lookups of `text`.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    let mut stack = [Level::EMPTY; DEPTH];
    let mut depth = 0;
    // Whether a lookup has just ended that amounts to a dollar.
    let mut dollar = false;
    let mut at = 0;
    while at < text.len() {
        work(1);
        let opens = text[at] == b'$' && text.get(at + 1) == Some(&b'{');
        // The dollar may be what a lookup amounts to.
        let filled =
            text[at] == b'{' && if depth > 0 { stack[depth - 1].text().ends_with(b"$") } else { dollar };
        dollar = depth == 1 && text[at] == b'}' && stack[0].value().ends_with(b"$");
        if opens || filled {
            depth = (depth + 1).min(DEPTH);
            stack[depth - 1] = Level { start: at, ..Level::EMPTY };
            at += if opens { 2 } else { 1 };
            continue;
        }
        if depth > 0 {
            if text[at] == b'}' {
                close(&mut stack, depth, at + 1, evidence);
                depth -= 1;
            } else if !matches!(text[at], b'\'' | b'"') {
                stack[depth - 1].push(text[at]);
                // The end may be in a field that the logger appends.
                check_level(&stack[depth - 1], at + 1, evidence);
            }
        }
        if evidence.is_enough() {
            return;
        }
        at += 1;
    }
}

/// Evaluate the innermost lookup, and append its value to the enclosing one.
fn close(stack: &mut [Level; DEPTH], depth: usize, end: usize, evidence: &mut Evidence<'_>) {
    let level = stack[depth - 1];
    check_level(&level, end, evidence);
    if reads_environment(level.text()) && memchr::memmem::find(level.text(), b":-").is_none() {
        evidence.add(&rules::ENVIRONMENT, level.start..end);
    }
    let value = level.value();
    // Lookups of nothing serve to spell a letter.
    let spells = level.text().starts_with(b":") && value.len() == 1;
    if spells {
        evidence.add(&rules::SPELLED, level.start..end);
    }
    if depth > 1 {
        let outer = &mut stack[depth - 2];
        value.iter().for_each(|byte| outer.push(*byte));
    }
}

/// Add evidence when the lookup is one of a naming service. Runs only when the scheme has just become complete.
fn check_level(level: &Level, end: usize, evidence: &mut Evidence<'_>) {
    let Some(rest) = level.text().strip_prefix(b"jndi:") else { return };
    let scheme = rest.strip_suffix(b":").or_else(|| rest.strip_suffix(b"/"));
    let is_complete = scheme.is_some_and(|scheme| {
        let scheme = scheme.split(|byte| *byte == b':').next().unwrap_or_default();
        SCHEMES.contains(&scheme)
    });
    if is_complete {
        evidence.add(&rules::JNDI, level.start..end);
    }
}

const SCHEMES: [&[u8]; 10] =
    [b"ldap", b"ldaps", b"rmi", b"dns", b"iiop", b"corba", b"corbaname", b"nis", b"http", b"https"];

/// `${env:NAME}`, `${sys:java.version}`: shells and build tools write `${env.NAME}`.
fn reads_environment(text: &[u8]) -> bool {
    [&b"env:"[..], b"sys:", b"java:", b"jndi:", b"base64:", b"script:", b"url:", b"dns:"].iter().any(
        |prefix| {
            text.strip_prefix(*prefix).is_some_and(|name| name.first().is_some_and(u8::is_ascii_alphanumeric))
        },
    )
}
