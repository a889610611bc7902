//! UTF-16 where bytes are expected: text of which every other byte is zero.

use alloc::vec::Vec;

use super::result::DecodeResult;
use super::work::work;
use crate::detect::decode::Decodings;

/// The shortest text that is read so, in bytes.
const MIN_BYTES: usize = 8;

/// Whether `input` starts like text in UTF-16.
pub(crate) fn is_wide(input: &[u8]) -> bool {
    matches!(
        input,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255, ..] | [1..=255, 0, 1..=255, 0, ..]
    ) && input.len() >= MIN_BYTES
}

/// Read `input` as UTF-16 where at least three of four characters are of one byte in it, and the result is no longer.
pub(crate) fn wide(input: &[u8], out: &mut Vec<u8>) -> DecodeResult {
    traced(input, out, |_, _| ())
}

/// [`wide`]; calls `trace` with the current positions in input and output.
pub(crate) fn traced(input: &[u8], out: &mut Vec<u8>, mut trace: impl FnMut(usize, usize)) -> DecodeResult {
    out.clear();
    let (units, _) = input.as_chunks::<2>();
    work(input.len());
    let zeros = |side: usize| units.iter().filter(|unit| unit[side] == 0).count();
    let big = zeros(0) > zeros(1);
    if zeros(usize::from(!big)) * 4 < units.len() * 3 {
        return DecodeResult::default();
    }
    let units =
        units.iter().map(|unit| if big { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) });
    let mut at = 0;
    for char in char::decode_utf16(units) {
        trace(at, out.len());
        let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
        // A lone surrogate is one unit, like its replacement character.
        at += 2 * char.len_utf16();
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
    trace(input.len(), out.len());
    if out.len() > input.len() {
        // Letters of Latin-1 are as long as before, and those of other scripts longer.
        return DecodeResult::default();
    }
    DecodeResult { decodings: Decodings::UTF16, depth: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        (is_wide(input) && wide(input, &mut out).decodings != Decodings::RAW).then_some(out)
    }

    #[test]
    fn either_order_is_read() {
        let text = "<b>é</b>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little).as_deref(), Some(text.as_bytes()));
        assert_eq!(read(&big).as_deref(), Some(text.as_bytes()));
        assert_eq!(read(&[&b"\xff\xfe"[..], &little].concat()).unwrap(), "\u{feff}<b>é</b>".as_bytes());
    }

    #[test]
    fn nothing_becomes_longer() {
        let grows: Vec<u8> = "ùáá㐫".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&grows), None);
        let stays: Vec<u8> = "ùáa㐫".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&stays).as_deref(), Some("ùáa㐫".as_bytes()));
    }

    #[test]
    fn other_bytes_are_left_alone() {
        for other in [&b""[..], b"a\0b", b"plain text", b"\0\0\0\0\0\0\0\0", b"a\0b\0cdefghijklmnop"] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
