//! Noise in bodies: which bytes are binary data, and which text a reader may get out of them.
//!
//! A client chooses the bytes of a body, so noise is no reason not to inspect: a reader may replace invalid UTF-8 and ignore
//! control characters. Such text is inspected as received, once more without the noise, and if there is much of it also in runs of
//! at least [`MIN_RUN`] bytes. But recognisers match fragments
//! in noise by accident, so two kinds of data are inspected otherwise:
//!
//! - Mixed data, of which at least one byte in [`MIXED`] is noise: short messages in a binary format, hashes, signatures. Each
//!   run of text of at least [`MIN_MIXED_RUN`] bytes is inspected, and for code, markup, uploads and paths the data without noise.
//! - Binary data. It starts with the magic number of a file format, or its bytes are distributed like those of compressed or
//!   encrypted data, which takes at least [`MIN_RANDOM`] bytes. Runs of at least [`MIN_RUN`] bytes are inspected, and those of
//!   at least [`MIN_CODE_RUN`] for code, markup, uploads and paths.

use alloc::vec::Vec;

use crate::detect::ClassSet;
use crate::detect::decode::is_wide;

/// Data with invalid UTF-8 is mixed from one byte of noise in this many.
const MIXED: usize = 4;
/// The shortest run of text in mixed data that is inspected.
const MIN_MIXED_RUN: usize = 8;
/// The shortest run of text in binary data that is inspected for all classes.
const MIN_RUN: usize = 16;
/// The shortest run of text that is inspected for code, markup, uploads and paths.
const MIN_CODE_RUN: usize = 8;
/// The shortest data whose distribution of bytes decides.
const MIN_RANDOM: usize = 512;
/// Bytes at the start and at the end whose distribution decides.
const SAMPLE: usize = 4 << 10;

/// Magic numbers of formats that are rarely text, each with its offset.
const MAGIC: &[(usize, &[u8])] = &[
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (8, b"WEBP"),
    (8, b"WAVE"),
    (8, b"AVI "),
    (4, b"ftyp"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"\0\0\x01\0"),
    (0, b"%PDF-"),
    (0, b"PK\x03\x04"),
    (0, b"PK\x05\x06"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\0"),
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"\x28\xb5\x2f\xfd"),
    (0, b"Rar!\x1a\x07"),
    (257, b"ustar"),
    (0, b"\x1a\x45\xdf\xa3"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3\x03"),
    (0, b"ID3\x04"),
    (0, b"\xff\xfb"),
    (0, b"\xff\xf3"),
    (0, b"\xff\xf1"),
    (0, b"FLV\x01"),
    (0, b"wOFF"),
    (0, b"wOF2"),
    (0, b"OTTO"),
    (0, b"\0\x01\0\0"),
    (0, b"\x7fELF"),
    (0, b"MZ\x90\0"),
    (0, b"\0asm"),
    (0, b"\xca\xfe\xba\xbe"),
    (0, b"SQLite format 3\0"),
    (0, b"PAR1"),
    (0, b"Obj\x01"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
];

/// The kind of noise in some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// None: text.
    Clean,
    /// Text with control characters or invalid UTF-8.
    Noisy,
    /// Text and noise of similar size.
    Mixed,
    /// Binary data.
    Binary,
}

impl Noise {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match core::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(|char| is_noise(&char)) => Self::Clean,
            // Files and random data contain bytes that are not UTF-8.
            Err(_) if has_magic(bytes) || is_random(bytes) => Self::Binary,
            Err(_) if has_much_noise(bytes) && !is_wide(bytes) => Self::Mixed,
            _ => Self::Noisy,
        }
    }
}

/// Whether `bytes` contain a control character or invalid UTF-8.
pub(crate) fn has_noise(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).map_or(true, |text| text.chars().any(|char| is_noise(&char)))
}

fn is_noise(char: &char) -> bool {
    *char == char::REPLACEMENT_CHARACTER || char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\x0c')
}

/// Whether at least one byte in [`MIXED`] is noise. Runs of text in it are values of their own, as their beginning and end are
/// evidence.
pub(crate) fn has_much_noise(bytes: &[u8]) -> bool {
    noise(bytes) * MIXED >= bytes.len()
}

/// How many bytes are control characters or invalid UTF-8.
fn noise(bytes: &[u8]) -> usize {
    let chunks = bytes.utf8_chunks().map(|chunk| {
        let chars = chunk.valid().chars().filter(is_noise).map(char::len_utf8);
        chunk.invalid().len() + chars.sum::<usize>()
    });
    chunks.sum()
}

fn has_magic(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|(at, magic)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
}

/// Whether the bytes at the start and at the end are distributed like random ones: many different values, none of them
/// frequent, and no more of ASCII than half of all values can be.
fn is_random(bytes: &[u8]) -> bool {
    if bytes.len() < MIN_RANDOM {
        return false;
    }
    let sample = bytes.len().min(SAMPLE);
    looks_random(&bytes[..sample]) && looks_random(&bytes[bytes.len() - sample..])
}

fn looks_random(sample: &[u8]) -> bool {
    let mut counts = [0_u16; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let seen = counts.iter().filter(|count| **count > 0).count();
    let most = counts.iter().copied().max().unwrap_or_default();
    let ascii: usize = counts[..128].iter().map(|count| usize::from(*count)).sum();
    // Of 512 random bytes about 221 values are seen, the most frequent about 9 times; half of the bytes are ASCII.
    seen >= 192 && usize::from(most) * 40 <= sample.len() && ascii * 5 <= sample.len() * 3
}

/// Append `bytes` without noise to `out`.
pub(crate) fn strip(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars().filter(|char| !is_noise(char)) {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// A run of text in mixed or binary data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run<'b> {
    pub(crate) text: &'b [u8],
    /// The classes that apply.
    pub(crate) classes: ClassSet,
}

/// The runs of text in binary data.
pub(crate) fn runs(bytes: &[u8]) -> impl Iterator<Item = Run<'_>> {
    runs_of(bytes, MIN_CODE_RUN).map(|text| Run {
        text,
        classes: if text.len() < MIN_RUN { ClassSet::IN_FILES } else { ClassSet::ALL },
    })
}

/// The runs of text in mixed data.
pub(crate) fn mixed_runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    runs_of(bytes, MIN_MIXED_RUN)
}

/// The runs of at least [`MIN_RUN`] bytes.
pub(crate) fn long_runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    runs_of(bytes, MIN_RUN)
}

/// The runs of printable ASCII of at least `min` bytes.
fn runs_of(bytes: &[u8], min: usize) -> impl Iterator<Item = &[u8]> {
    let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    bytes.split(move |byte| !text(byte)).filter(move |run| run.len() >= min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes like those of encrypted data.
    fn random(len: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn text_in_any_language_is_text() {
        for text in ["", "plain\r\n\tlines", "Ünïcödé und Straße", "日本語のテキスト", "кириллица"]
        {
            assert_eq!(Noise::of(text.as_bytes()), Noise::Clean, "{text:?}");
        }
    }

    #[test]
    fn noise_that_a_client_adds_to_text_does_not_make_it_binary() {
        for text in [
            &b"' or 1=1#\x01\x01\x01\x01"[..],
            b"x' or 1=1--\xff\xff",
            "\u{85}\u{fffd} rm -rf /".as_bytes(),
            b"\0",
        ] {
            assert_eq!(Noise::of(text), Noise::Noisy, "{text:?}");
        }
        let mut text = b"x' or 1=1--".repeat(200);
        text.extend((0..10_000).map(|at| if at % 2 == 0 { 0xff } else { 1 }));
        assert_ne!(Noise::of(&text), Noise::Binary, "a frequent byte of noise");
        text.splice(.., b"/*\x90\x91*/select".repeat(500));
        assert_ne!(Noise::of(&text), Noise::Binary, "few values");
        // Random bytes around text.
        let mut text = random(2_000);
        text.extend_from_slice(&b"x' or 1=1--".repeat(400));
        assert_ne!(Noise::of(&text), Noise::Binary, "text at the end");
    }

    #[test]
    fn files_and_random_data_are_binary() {
        assert_eq!(Noise::of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"), Noise::Binary);
        assert_eq!(Noise::of(b"GIF89a\x01\0\x01\0\x80\0"), Noise::Binary);
        for len in [512, 1_024, 10_000, 100_000] {
            assert_eq!(Noise::of(&random(len)), Noise::Binary, "{len}");
        }
        assert_eq!(Noise::of(b"GIF89a' or 1=1#\x01"), Noise::Noisy, "a magic number before text");
        for len in [32, 64, 511] {
            assert_eq!(Noise::of(&random(len)), Noise::Mixed, "{len}");
        }
        assert_eq!(Noise::of(b"\xff\xfea\0 \0o\0r\0 \x001\0"), Noise::Noisy, "UTF-16");
    }

    #[test]
    fn noise_is_removed_and_text_joined() {
        let mut out = Vec::new();
        strip(b"un\x01ion\xff\xfe se\xc2\x80lect\t\xe2\x82\xac", &mut out);
        assert_eq!(out, "union select\t€".as_bytes());
    }

    #[test]
    fn short_fragments_in_binary_data_are_for_code_only() {
        let bytes = b"\0$(id)\x80../../etc\0<script>alert(1)</script>\0";
        let found: Vec<_> = runs(bytes).map(|run| (run.text, run.classes == ClassSet::IN_FILES)).collect();
        let expected: [(&[u8], bool); 2] = [(b"../../etc", true), (b"<script>alert(1)</script>", false)];
        assert_eq!(found, expected);
    }
}
