//! Strings that a handler gets and the guard does not inspect as a whole, each with the reason.

use super::capture::Captured;
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
    applies: fn(&WireRequest, &Reading, &Captured) -> bool,
}

/// All exceptions.
pub const EXCEPTIONS: [Exception; 2] = [
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
        applies: |request, reading, captured| {
            let is_file = reading.place == Place::File || is_coded(request) || reading.place == Place::Whole;
            is_file && runs(&reading.text).all(|run| captured.contains(run))
        },
    },
];

/// Whether an exception applies to `reading`.
pub(super) fn applies(request: &WireRequest, reading: &Reading, captured: &Captured) -> bool {
    EXCEPTIONS.iter().any(|exception| (exception.applies)(request, reading, captured))
}

fn header<'r>(request: &'r WireRequest, name: &str) -> Option<&'r [u8]> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
}

fn is_coded(request: &WireRequest) -> bool {
    header(request, "content-encoding").is_some()
}

/// Whether a body is declared as names and values, or looks like a document.
fn is_structured(request: &WireRequest, text: &[u8]) -> bool {
    let media =
        String::from_utf8_lossy(header(request, "content-type").unwrap_or_default()).to_ascii_lowercase();
    let is_declared =
        ["x-www-form-urlencoded", "json", "multipart/", "xml"].iter().any(|kind| media.contains(kind));
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    is_declared || matches!(text.first(), Some(b'{' | b'[' | b'<'))
}

/// The runs of text between bytes of noise that are long enough to be inspected.
fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    text.split(move |byte| !is_text(byte)).filter(|run| run.len() >= MIN_RUN)
}
