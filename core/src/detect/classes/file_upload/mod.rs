//! Unrestricted file upload (CWE-434): files that a server executes, by name or content.
//!
//! The name is read as servers and file systems read it: an extension counts wherever a server may find it, names end
//! where some of them cut, and no part may lead to another directory. Programs for the visitor's machine (`setup.exe`,
//! `app.js`) may be what a site is for; only what runs on the server is an attack. Of the content only contradictions
//! count: an image that is a program as well.

mod content;
mod extension;
mod rules;
pub(in crate::detect) mod words;

use extension::is_program;

use crate::detect::decode::work::work;
use crate::detect::decode::{Decodings, View};
use crate::detect::evidence::{Evidence, Location, Rule, names_file};
use crate::detect::gate::byte;

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    match view.location {
        Location::FileName => true,
        Location::Header => names_file(view.name),
        Location::Part | Location::Text => content::may_run(view.bytes),
        Location::Field | Location::Query | Location::Json => {
            view.shape.any(byte::EQUAL) && content::is_header(view.bytes)
        }
        _ => false,
    }
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if matches!(view.location, Location::FileName | Location::Header) {
        name(view.bytes, view.decodings, evidence);
    } else {
        content::read(view.bytes, matches!(view.location, Location::Part | Location::Text), evidence);
    }
}

/// Files by which a server learns what to run.
const SETTINGS: &[&[u8]] = &[b".htaccess", b".user.ini", b"php.ini", b"web.config"];

/// Whether this is the name of a PHP session file: a client that can write one chooses the session's content.
fn is_session(file: &[u8]) -> bool {
    const MIN_ID: usize = 16;
    let id = file.split_at_checked(5).filter(|(start, _)| start.eq_ignore_ascii_case(b"sess_"));
    id.is_some_and(|(_, id)| {
        id.len() >= MIN_ID
            && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b','))
            && id.iter().any(u8::is_ascii_digit)
    })
}

/// The evidence in the name of a file.
fn name(whole: &[u8], decodings: Decodings, evidence: &mut Evidence<'_>) {
    let span = 0..whole.len().min(96);
    // Folding makes it vanish: it is looked for before.
    if !decodings.has(Decodings::FOLD) && memchr::memmem::find(whole, TURN).is_some() {
        evidence.add(&rules::TURNED, span.clone());
    }
    if whole.split(|byte| is_separator(*byte)).rev().skip(1).any(|name| name == b"..") {
        evidence.add(&rules::OUTSIDE, span.clone());
    }
    if memchr::memchr(0, whole).is_some() {
        evidence.add(&rules::NUL, span.clone());
    }
    let file = whole.rsplit(|byte| is_separator(*byte)).find(|name| !name.is_empty()).unwrap_or_default();
    // Whether a cut or an extension has been seen: the part before the first dot is no extension.
    let mut dots = 0;
    for part in file.split(|byte| is_cut(*byte)) {
        for (at, extension) in part.split(|byte| *byte == b'.').enumerate() {
            work(extension.len() + 1);
            let extension = extension.trim_ascii();
            dots += usize::from(at > 0);
            if at > 0 && is_program(extension) {
                evidence.add(&rules::PROGRAM, span.clone());
            }
        }
        if dots > 0 && part.len() < file.len() && part.trim_ascii().eq_ignore_ascii_case(b"$data") {
            evidence.add(&rules::STREAM, span.clone());
        }
    }
    let first = file.split(|byte| is_cut(*byte)).next().unwrap_or_default();
    let bare =
        &first[..first.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1)];
    if SETTINGS.iter().any(|known| bare.eq_ignore_ascii_case(known)) {
        evidence.add(&rules::SETTINGS, span.clone());
    }
    if is_session(file) {
        evidence.add(&rules::SESSION, span);
    }
}

/// The override of the direction of writing, in UTF-8.
const TURN: &[u8] = "\u{202e}".as_bytes();

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Where some server or file system ends a name.
const fn is_cut(byte: u8) -> bool {
    matches!(byte, 0 | b'\n' | b'\r' | b';' | b':' | b'?' | b'#')
}
