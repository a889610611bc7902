//! Charset detection and transcoding to UTF-8.
//!
//! Recognisers read ASCII. In a charset that is compatible with ASCII the bytes are inspected unchanged, and if there
//! are others than ASCII also transcoded, because they may be letters that fold to ASCII. A charset that hides ASCII
//! (UTF-16, ISO-2022-JP) is transcoded, and inspected unchanged as well, because a handler may ignore the label. A
//! charset that cannot be transcoded (UTF-7, UTF-32, EBCDIC, unknown labels) is a gap.

use alloc::vec::Vec;

use arrayvec::ArrayVec;
use encoding_rs::{DecoderResult, Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::kind::Kind;

/// An XML declaration must end within this many bytes.
const MAX_DECLARATION: usize = 256;

/// The charsets in which a text is read in addition to UTF-8.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// The charsets to transcode from.
    pub(crate) others: ArrayVec<&'static Encoding, 4>,
    /// Whether a charset is declared or detected that cannot be transcoded.
    pub(crate) unknown: bool,
}

impl Readings {
    fn add(&mut self, encoding: &'static Encoding) {
        if encoding != UTF_8 && !self.others.contains(&encoding) {
            // At most one each from the label, the declaration and the byte order mark, and a second one from a label.
            let _ = self.others.try_push(encoding);
        }
    }

    fn add_label(&mut self, label: &[u8]) {
        // Without a byte order mark some parsers assume big endian and some little endian.
        if [&b"utf-16"[..], b"utf16", b"ucs-2", b"unicode", b"iso-10646-ucs-2", b"csunicode"]
            .iter()
            .any(|both| label.trim_ascii().eq_ignore_ascii_case(both))
        {
            self.add(UTF_16LE);
            self.add(UTF_16BE);
        } else {
            match for_label(label) {
                Some(encoding) => self.add(encoding),
                None => self.unknown = true,
            }
        }
    }
}

/// The encoding for a label, if it can be transcoded.
pub(crate) fn for_label(label: &[u8]) -> Option<&'static Encoding> {
    let label = label.trim_ascii();
    // Some clients put the label in single quotes.
    let label = label.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"'")).unwrap_or(label);
    match label {
        [] => Some(UTF_8),
        label if label.eq_ignore_ascii_case(b"utf8mb4") => Some(UTF_8),
        label if label.eq_ignore_ascii_case(b"utf16") || label.eq_ignore_ascii_case(b"ucs-2") => {
            Some(UTF_16LE)
        }
        label => Encoding::for_label_no_replacement(label),
    }
}

/// The charsets of `bytes`, and `bytes` without a byte order mark of UTF-8.
pub(crate) fn readings<'b>(
    label: Option<&[u8]>,
    kind: Kind,
    textual: bool,
    bytes: &'b [u8],
) -> (&'b [u8], Readings) {
    let mut readings = Readings::default();
    if let Some(label) = label {
        readings.add_label(label);
    }
    let bytes = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return (rest, readings),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            readings.unknown |= textual;
            bytes
        }
        [0xff, 0xfe, ..] => {
            readings.add(UTF_16LE);
            bytes
        }
        [0xfe, 0xff, ..] => {
            readings.add(UTF_16BE);
            bytes
        }
        _ => bytes,
    };
    if matches!(kind, Kind::Json | Kind::Xml) {
        detect_by_zero_bytes(bytes, &mut readings);
    }
    if kind == Kind::Xml {
        if bytes.starts_with(b"\x4c\x6f\xa7\x94") {
            // `<?xm` in EBCDIC.
            readings.unknown = true;
        }
        if let Some(label) = xml_charset(bytes) {
            readings.add_label(label);
        }
    }
    (bytes, readings)
}

/// RFC 4627 section 3, and appendix F of XML: documents start with two ASCII characters.
fn detect_by_zero_bytes(bytes: &[u8], readings: &mut Readings) {
    match *bytes {
        [0, 0, 0, 1..=127, ..] | [1..=127, 0, 0, 0, ..] => readings.unknown = true,
        [0, 1..=127, 0, 1..=127, ..] | [0, 1..=127] => readings.add(UTF_16BE),
        [1..=127, 0, 1..=127, 0, ..] | [1..=127, 0] => readings.add(UTF_16LE),
        _ => {}
    }
}

/// The charset in an XML declaration.
fn xml_charset(document: &[u8]) -> Option<&[u8]> {
    let start = document.trim_ascii_start();
    let head = start.strip_prefix(b"<?xml")?;
    let head = &head[..head.len().min(MAX_DECLARATION)];
    let head = &head[..memchr::memchr(b'>', head).unwrap_or(head.len())];
    let at = memchr::memmem::find(head, b"encoding")?;
    let value = head[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let end = memchr::memchr(*quote, value)?;
    Some(&value[..end])
}

/// Whether transcoding `bytes` from `encoding` changes more than invalid bytes.
pub(crate) fn changes(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    if encoding == ISO_2022_JP {
        memchr::memchr(0x1b, bytes).is_some() || !bytes.is_ascii()
    } else {
        !encoding.is_ascii_compatible() || !bytes.is_ascii()
    }
}

/// The maximum number of bytes of UTF-8 for one byte of input.
pub(crate) const MAX_GROWTH: usize = 3;

/// Append `bytes`, transcoded to UTF-8, to `out`: at most [`MAX_GROWTH`] bytes for each.
pub(crate) fn transcode(encoding: &'static Encoding, bytes: &[u8], out: &mut Vec<u8>) {
    const STEP: usize = 4 << 10;
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut rest = bytes;
    loop {
        let start = out.len();
        out.resize(start + (rest.len() * 2).clamp(16, STEP), 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut out[start..], true);
        out.truncate(start + written);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            // Malformed: replace only the invalid sequence.
            DecoderResult::Malformed(..) => out.extend_from_slice("\u{fffd}".as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
