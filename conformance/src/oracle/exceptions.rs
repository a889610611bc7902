//! Strings that a handler gets and the guard does not inspect as a whole, each with the reason.

use super::capture::Evidence;
use super::readings::{Place, Reading};
use crate::vector::WireRequest;

/// The shortest run of text in noise that is inspected (`core/src/body/binary.rs`).
const MIN_RUN: usize = 16;

/// A kind of strings that are not inspected as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Its name.
    pub name: &'static str,
    /// Why the guard does not inspect them as a whole, and what it inspects in their place.
    pub reason: &'static str,
    applies: fn(&WireRequest, &Reading, &Evidence<'_>) -> bool,
}

/// All exceptions.
pub const EXCEPTIONS: [Exception; 5] = [
    Exception {
        name: "structured body as one text",
        reason: "a body with names and values is inspected value by value: recognisers would match across values that have \
                 nothing to do with each other, and no reader of the whole text gets a string that they do not get in pieces",
        applies: |request, reading, _| reading.place == Place::Whole && is_structured(request, &reading.text),
    },
    Exception {
        name: "noise in a file",
        reason: "recognisers match fragments of compressed and encrypted data by accident: of files and coded bodies with \
                 noise, the runs of text are inspected",
        applies: |request, reading, evidence| {
            // What belongs to no part, because it is cut elsewhere, is inspected like a file.
            let is_loose = is_declared(request, "multipart/") && has_noise(&reading.text);
            let is_file =
                matches!(reading.place, Place::File | Place::Whole) || is_coded(request) || is_loose;
            is_file && runs(&reading.text).all(|run| evidence.shows(run))
        },
    },
    Exception {
        name: "a JSON string in a value",
        reason: "a value of a form that is one JSON string, without an object or list around it, is inspected with its \
                 escapes; no client sends a string in that notation",
        applies: |_, reading, _| reading.place == Place::StringDocument,
    },
    Exception {
        name: "a document in a part",
        reason: "a part that is JSON is inspected string by string, as a body that is JSON",
        applies: |request, reading, _| {
            let start = reading.text.trim_ascii_start().first();
            is_declared(request, "multipart/") && matches!(start, Some(b'{' | b'[' | b'"'))
        },
    },
    Exception {
        name: "UTF-16 without a charset",
        reason: "a value with NUL bytes that resembles UTF-16 is inspected as such; what it is part of decides where the \
                 characters start",
        applies: |_, reading, _| reading.text.contains(&0),
    },
];

/// Whether an exception applies to `reading`.
pub(super) fn applies(request: &WireRequest, reading: &Reading, evidence: &Evidence<'_>) -> bool {
    EXCEPTIONS.iter().any(|exception| (exception.applies)(request, reading, evidence))
}

fn header<'r>(request: &'r WireRequest, name: &str) -> Option<&'r [u8]> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
}

fn is_coded(request: &WireRequest) -> bool {
    header(request, "content-encoding").is_some()
}

fn is_declared(request: &WireRequest, kind: &str) -> bool {
    let media = header(request, "content-type").unwrap_or_default();
    String::from_utf8_lossy(media).to_ascii_lowercase().contains(kind)
}

fn has_noise(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or(true, |text| {
        text.chars().any(|char| char.is_control() || char == char::REPLACEMENT_CHARACTER)
    })
}

/// Whether a body is declared as names and values, or looks like a document.
fn is_structured(request: &WireRequest, text: &[u8]) -> bool {
    let kinds = ["x-www-form-urlencoded", "json", "multipart/", "xml"];
    let is_declared = kinds.iter().any(|kind| is_declared(request, kind));
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    is_declared || matches!(text.first(), Some(b'{' | b'[' | b'<'))
}

/// The runs of text between bytes of noise that are long enough to be inspected.
fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    text.split(move |byte| !is_text(byte)).filter(|run| run.len() >= MIN_RUN)
}
