//! Binary files: their detection, and the runs of text in them.
//!
//! Recognisers match fragments in noise by accident. In a file that is mostly noise only runs of text of at least
//! [`MIN_RUN`] bytes are inspected: an attack on a program that renders or executes the file needs a run of that
//! length.

/// The shortest run of text that is inspected.
const MIN_RUN: usize = 16;
/// A file is binary from one byte of noise in this many.
const NOISE_RATIO: usize = 5;

/// Whether `bytes` contain a control character or invalid UTF-8.
pub(crate) fn has_noise(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).map_or(true, |text| text.chars().any(|char| is_noise(&char)))
}

fn is_noise(char: &char) -> bool {
    *char == char::REPLACEMENT_CHARACTER || char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\x0c')
}

/// Whether at least one byte in five belongs to a control character or to invalid UTF-8.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let noise: usize = bytes
        .utf8_chunks()
        .map(|chunk| {
            let chars = chunk.valid().chars().filter(is_noise).map(char::len_utf8);
            chunk.invalid().len() + chars.sum::<usize>()
        })
        .sum();
    !bytes.is_empty() && noise * NOISE_RATIO >= bytes.len()
}

/// The runs of printable ASCII of at least [`MIN_RUN`] bytes.
pub(crate) fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    bytes.split(move |byte| !text(byte)).filter(|run| run.len() >= MIN_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn text_in_any_language_is_text() {
        for text in ["", "plain\r\n\tlines", "Ünïcödé und Straße", "日本語のテキスト", "кириллица"]
        {
            assert!(!is_binary(text.as_bytes()), "{text:?}");
        }
        assert!(is_binary(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"));
        assert!(is_binary(b"\0") && is_binary("\u{85}\u{fffd} rm -rf /".as_bytes()));
        assert!(!is_binary(b"one \0 in a line of text that is long enough"));
    }

    #[test]
    fn short_fragments_in_noise_are_not_inspected() {
        let bytes = b"\0$(id)\x80../../etc\0<script>alert(1)</script>\0";
        assert_eq!(runs(bytes).collect::<Vec<_>>(), [b"<script>alert(1)</script>"]);
    }
}
