//! Files that are not text: which they are, and the text inside of them.
//!
//! A recogniser finds all kinds of fragments in noise. Of a file that is mostly noise only the runs of text are inspected
//! that are long enough to say something: an attack on whoever renders or runs the file needs one.

/// The shortest run of text that is inspected.
const RUN: usize = 16;
/// One byte of noise in so many makes a file binary.
const NOISE: usize = 5;

/// Whether there is a byte of a control character or of no character at all.
pub(crate) fn has_noise(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).map_or(true, |text| text.chars().any(|char| is_noise(&char)))
}

fn is_noise(char: &char) -> bool {
    *char == char::REPLACEMENT_CHARACTER || char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\x0c')
}

/// Whether at least one byte in five is of a control character or of no character at all.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let noise: usize = bytes
        .utf8_chunks()
        .map(|chunk| {
            let chars = chunk.valid().chars().filter(is_noise).map(char::len_utf8);
            chunk.invalid().len() + chars.sum::<usize>()
        })
        .sum();
    !bytes.is_empty() && noise * NOISE >= bytes.len()
}

/// The runs of printable ASCII that are long enough.
pub(crate) fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    bytes.split(move |byte| !text(byte)).filter(|run| run.len() >= RUN)
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
    fn short_fragments_in_noise_are_left_alone() {
        let bytes = b"\0$(id)\x80../../etc\0<script>alert(1)</script>\0";
        assert_eq!(runs(bytes).collect::<Vec<_>>(), [b"<script>alert(1)</script>"]);
    }
}
