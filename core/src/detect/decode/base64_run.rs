//! Runs of base64 in a text: values that some application decodes before it uses them.
//!
//! A run of letters and digits counts as base64 when it decodes to text. Random bytes do not: of digests, keys, images
//! and identifiers hardly any gets past the first few letters. Both alphabets are read, padding is optional, and line
//! breaks inside are skipped. A run ends where more than a tenth of its bytes are not text.

use alloc::vec::Vec;
use core::ops::Range;

use super::work::work;
use crate::simd::{self, Block};

/// The shortest base64_run, in letters.
pub(crate) const MIN_RUN: usize = 16;
/// The value of a byte that is not a digit.
const NONE: u8 = 0xff;

const DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut digit = 0;
    while digit < 26 {
        table[b'A' as usize + digit] = digit as u8;
        table[b'a' as usize + digit] = digit as u8 + 26;
        digit += 1;
    }
    let mut digit = 0;
    while digit < 10 {
        table[b'0' as usize + digit] = digit as u8 + 52;
        digit += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table[b'/' as usize] = 63;
    table[b'_' as usize] = 63;
    table
}

/// The six bits of `byte`, in either alphabet.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    Some(DIGITS[usize::from(byte)]).filter(|digit| *digit != NONE)
}

fn is_digit(byte: u8) -> bool {
    digit(byte).is_some()
}

/// Whether there is a run of base64 in `text`.
#[inline]
pub(crate) fn has_base64_run(text: &[u8]) -> bool {
    text.len() >= MIN_RUN && find(text, 0).is_some()
}

/// Decode the first base64_run at or behind `from` into `out`. Returns where it is.
pub(crate) fn base64_run(text: &[u8], from: usize, out: &mut Vec<u8>) -> Option<Range<usize>> {
    let start = find(text, from)?;
    out.clear();
    Some(start..start + traced(&text[start..], out, |_, _| ()))
}

/// Where the first run of digits starts, at or behind `from`, that decodes to text.
fn find(text: &[u8], mut from: usize) -> Option<usize> {
    while let Some(start) = long_run(text, from) {
        match find_in_run(text, start) {
            Ok(start) => return Some(start),
            Err(end) => from = end,
        }
    }
    None
}

/// Where the first run of enough digits for a run of base64 starts, at or behind `from`.
fn long_run(text: &[u8], from: usize) -> Option<usize> {
    // Digits right before `at`. As blocks are as long as the shortest base64_run, only runs that go on count.
    let mut run = 0;
    for (index, piece) in text.get(from..)?.chunks(simd::LEN).enumerate() {
        work(1);
        let at = from + index * simd::LEN;
        let block = Block::of(piece);
        let digits = digits_of(block) | block.equal(b'/');
        let start = (!digits).trailing_zeros() as usize;
        if run + start >= MIN_RUN {
            return Some(at - run);
        }
        run = (!(digits << (u32::BITS - MIN_RUN as u32))).leading_zeros() as usize;
    }
    None
}

/// The digits of base64, in either alphabet, without the slash.
#[inline(always)]
fn digits_of(block: Block) -> u32 {
    block.letters() | block.digits() | block.equal(b'+') | block.either(b'-', b'_')
}

/// Where the run of digits that begins at `start` encodes text: there, or behind one of its slashes, which paths have
/// too. An error is where the run ends.
fn find_in_run(text: &[u8], mut start: usize) -> Result<usize, usize> {
    loop {
        let run = &text[start..];
        if starts_text(run) {
            return Ok(start);
        }
        let past = simd::position(run, |block| 0xffff ^ digits_of(block)).unwrap_or(run.len());
        work(past);
        start += past;
        if text.get(start) != Some(&b'/') {
            return Err(start);
        }
        start += 1;
    }
}

/// Whether `run` starts with enough digits for a run of base64, and they encode text but for one byte, or text in
/// UTF-16.
fn starts_text(run: &[u8]) -> bool {
    let Some(near) = run.first_chunk::<MIN_RUN>() else { return false };
    let (mut odd, mut wide) = (0, true);
    for (at, group) in near.as_chunks::<4>().0.iter().enumerate() {
        work(4);
        let bytes = bytes_of(group);
        for (offset, byte) in bytes.into_iter().enumerate() {
            let high = (at * 3 + offset) % 2 == 1;
            wide &= if high { byte == 0 } else { is_text(byte) };
            odd += usize::from(!is_text(byte));
        }
        if odd > 1 && !wide {
            return false;
        }
    }
    near.iter().all(|byte| is_digit(*byte))
}

fn bytes_of(group: &[u8; 4]) -> [u8; 3] {
    let word = group.iter().fold(0_u32, |word, byte| word << 6 | u32::from(DIGITS[usize::from(*byte)] & 63));
    let [_, a, b, c] = word.to_be_bytes();
    [a, b, c]
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Decode the digits that `text` starts with, as far as they encode text, reporting progress to `trace`. Returns how much
/// of `text` that is.
pub(crate) fn traced(text: &[u8], out: &mut Vec<u8>, mut trace: impl FnMut(usize, usize)) -> usize {
    let mut at = 0;
    let mut odd = 0;
    loop {
        let (groups, _) = text[at..].as_chunks::<4>();
        for group in groups.iter().take_while(|group| group.iter().all(|byte| is_digit(*byte))) {
            let bytes = bytes_of(group);
            trace(at, out.len());
            work(4);
            // The high halves of UTF-16 and letters of other scripts are text as well.
            odd += bytes.iter().filter(|byte| !is_text(**byte) && (1..0x80).contains(*byte)).count();
            if odd * 10 > out.len() + MIN_RUN {
                return at;
            }
            out.extend_from_slice(&bytes);
            at += 4;
        }
        trace(at, out.len());
        let rest = text[at..].iter().take(4).take_while(|byte| is_digit(**byte)).count();
        // MIME breaks lines between groups.
        let breaks =
            text[at + rest..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if rest == 0 && breaks > 0 && text.get(at + breaks).is_some_and(|next| is_digit(*next)) {
            at += breaks;
            continue;
        }
        if let (Some(group), 2..) = (text.get(at..at + rest), rest) {
            // Two digits are one byte, three are two.
            let mut last = [b'A'; 4];
            last[..rest].copy_from_slice(group);
            out.extend_from_slice(&bytes_of(&last)[..rest - 1]);
        }
        trace(at + rest, out.len());
        return at + rest;
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;
    use crate::detect::decode::work::assert_linear;

    fn base64_runs(text: &str) -> Vec<String> {
        let (mut all, mut out, mut from) = (Vec::new(), Vec::new(), 0);
        while let Some(Range { start, end }) = base64_run(text.as_bytes(), from, &mut out) {
            assert!(start >= from && end > start && end <= text.len());
            all.push(String::from_utf8_lossy(&out).into_owned());
            from = end;
        }
        assert_eq!(all.is_empty(), !has_base64_run(text.as_bytes()), "{text}");
        all
    }

    #[test]
    fn text_is_found_wherever_it_stands() {
        for (text, expected) in [
            ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", &["<script>alert(1)</script>"][..]),
            ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg", &["<script>alert(1)</script>"]),
            ("a=1&b=JyBvciAxPTEgLS0gLSA/&c", &["' or 1=1 -- - ?"]),
            ("/files/Li4vLi4vZXRjL3Bhc3N3ZA", &["../../etc/passwd"]),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
                &["{\"alg\":\"HS256\"}", "{\"sub\":\"ann\"}"],
            ),
            ("data:text/html;base64,PHN2Zy9vbmxvYWQ9YWxlcnQoMSk+", &["<svg/onload=alert(1)>"]),
            ("aGVsbG8gdGhlcmUs\r\nIHdvcmxkIQ==", &["hello there, world!"]),
            ("cABvAHcAZQByAHMAaABlAGwAbAA=", &["p\0o\0w\0e\0r\0s\0h\0e\0l\0l\0"]),
        ] {
            assert_eq!(base64_runs(text), expected, "{text}");
        }
    }

    #[test]
    fn what_decodes_to_noise_is_none() {
        for text in [
            "",
            "c2hvcnQ=",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "550e8400-e29b-41d4-a716-446655440000",
            "internationalization and counterrevolutionaries",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            "/usr/local/share/applications/defaults/list",
            "AKIAIOSFODNN7EXAMPLEwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(base64_runs(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn noise_behind_text_is_cut_off() {
        let text = ["aGVsbG8gdGhlcmUs", &"AAEC".repeat(100)].concat();
        let found = base64_runs(&text);
        assert!(found[0].starts_with("hello there,") && found[0].len() < 20, "{found:?}");
    }

    #[test]
    fn work_is_linear() {
        for unit in [
            "a",
            "A",
            "/",
            "/aGVsbG8gdGhlcmUs",
            "aGVsbG8gdGhlcmUs ",
            "aGVs",
            " ",
            "aaaaaaaaaaaaaaaa.",
            "\r\na",
        ] {
            assert_linear(unit.as_bytes(), b"", 40, |text| {
                let (mut out, mut from) = (Vec::new(), 0);
                while let Some(base64_run) = base64_run(text, from, &mut out) {
                    from = base64_run.end;
                }
            });
        }
    }
}
