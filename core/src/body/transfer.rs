//! Transfer encodings of parts and header values: base64, quoted-printable, percent escapes of RFC 5987.
//!
//! Decoding does not fail: like lenient decoders, it skips or keeps what is not in the alphabet.

use alloc::vec::Vec;

use crate::detect::decode;

/// The `Content-Transfer-Encoding` of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    Identity,
    Base64,
    QuotedPrintable,
    Unknown,
}

impl Transfer {
    pub(crate) fn from_header(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        let is = |name: &str| value.eq_ignore_ascii_case(name.as_bytes());
        if ["", "7bit", "8bit", "binary"].into_iter().any(is) {
            Self::Identity
        } else if is("base64") {
            Self::Base64
        } else if is("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Unknown
        }
    }
}

/// Both alphabets; blanks, padding and other characters are skipped.
pub(crate) fn base64(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text {
        if *byte == b'=' {
            // Another text may follow a padded one.
            count = 0;
        }
        let Some(digit) = decode::base64_digit(*byte) else { continue };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
}

/// RFC 2045 section 6.7.
pub(crate) fn quoted_printable(text: &[u8], out: &mut Vec<u8>) {
    unescape(text, b'=', out, |rest| match rest {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n', ..] => Some(1),
        _ => None,
    });
}

/// Percent escapes, once.
pub(crate) fn percent(text: &[u8], out: &mut Vec<u8>) {
    unescape(text, b'%', out, |_| None);
}

/// Undo `mark` with two hex digits; `drop` returns the length of what is removed together with a mark, such as a soft
/// line break.
fn unescape(text: &[u8], mark: u8, out: &mut Vec<u8>, drop: impl Fn(&[u8]) -> Option<usize>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(mark, rest) {
        out.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match (hex(after), drop(after)) {
            (Some(byte), _) => {
                out.push(byte);
                &after[2..]
            }
            (None, Some(length)) => &after[length..],
            (None, None) => {
                out.push(mark);
                after
            }
        };
    }
    out.extend_from_slice(rest);
}

fn hex(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = *digits else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(decode: fn(&[u8], &mut Vec<u8>), text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        decode(text, &mut out);
        out
    }

    #[test]
    fn base64_is_decoded_across_lines_and_paddings() {
        assert_eq!(out(base64, b"PHNj\r\ncmlwdD4="), b"<script>");
        assert_eq!(out(base64, b"YQ==Yg=="), b"ab");
        assert_eq!(out(base64, b"_-8"), [0xff, 0xef]);
        assert_eq!(out(base64, b"!?"), b"");
    }

    #[test]
    fn quoted_printable_is_decoded_and_malformed_escapes_stay() {
        assert_eq!(out(quoted_printable, b"=3Cscr=\r\nipt=3e 1=2 =zz ="), b"<script> 1=2 =zz =");
    }

    #[test]
    fn percent_escapes_are_undone_once() {
        assert_eq!(out(percent, b"%2e%2E/%252e%"), b"../%2e%");
    }
}
