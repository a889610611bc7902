//! Sixteen bytes at a time: the positions of letters, digits and single bytes.
//!
//! Sets of positions are bits, the first byte's the lowest. Text that is shorter than a block is padded with zeros,
//! which are neither letters nor digits. No function reads beyond its text.

use wide::u8x16;

/// Bytes of one block.
pub(crate) const LEN: usize = 16;

/// Sixteen bytes, or fewer padded with zeros.
#[derive(Clone, Copy)]
pub(crate) struct Block(u8x16);

impl Block {
    /// The first block of `text`.
    #[inline(always)]
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(u8x16::new(match text.first_chunk() {
            Some(chunk) => *chunk,
            None => padded(text),
        }))
    }

    /// The ASCII letters.
    #[inline(always)]
    pub(crate) fn letters(self) -> u32 {
        Self(self.0 | u8x16::splat(0x20)).among(b'a', b'z').to_bitmask()
    }

    /// The ASCII digits.
    #[inline(always)]
    pub(crate) fn digits(self) -> u32 {
        self.among(b'0', b'9').to_bitmask()
    }

    /// The ASCII letters and digits, `.`, `_` and `-`.
    #[inline(always)]
    pub(crate) fn names(self) -> u32 {
        let letters = Self(self.0 | u8x16::splat(0x20)).among(b'a', b'z');
        // `-`, `.`, `/` and the digits are consecutive.
        let digits = self.among(b'-', b'9') & !self.is(b'/');
        (letters | digits | self.is(b'_')).to_bitmask()
    }

    /// `.`, `_` and `x` in either case.
    #[inline(always)]
    pub(crate) fn joints(self) -> u32 {
        let exes = Self(self.0 | u8x16::splat(0x20)).is(b'x');
        (exes | self.is(b'.') | self.is(b'_')).to_bitmask()
    }

    /// The bytes from `first` to `last`.
    #[inline(always)]
    fn among(self, first: u8, last: u8) -> u8x16 {
        let offset = self.0 - u8x16::splat(first);
        offset.min(u8x16::splat(last - first)).simd_eq(offset)
    }

    #[inline(always)]
    fn is(self, byte: u8) -> u8x16 {
        self.0.simd_eq(u8x16::splat(byte))
    }

    /// The bytes that are `byte`.
    #[inline(always)]
    pub(crate) fn equal(self, byte: u8) -> u32 {
        self.is(byte).to_bitmask()
    }

    /// The bytes that are `one` or `other`.
    #[inline(always)]
    pub(crate) fn either(self, one: u8, other: u8) -> u32 {
        (self.is(one) | self.is(other)).to_bitmask()
    }

    /// The bytes of 0x80 and above.
    #[inline(always)]
    pub(crate) fn high(self) -> u32 {
        self.0.to_bitmask()
    }

    /// The letters that are `letter`, which is in lower case, in either case.
    #[inline(always)]
    pub(crate) fn letter(self, letter: u8) -> u32 {
        Self(self.0 | u8x16::splat(0x20)).equal(letter)
    }
}

/// The first position in `text` at which `fits` has a bit, for matches that are expected nearby: for most of these
/// distances the set-up of a vector search costs more than the search.
#[inline(always)]
pub(crate) fn position(text: &[u8], fits: impl Fn(Block) -> u32) -> Option<usize> {
    for (index, piece) in text.chunks(LEN).enumerate() {
        let set = fits(Block::of(piece));
        if set != 0 {
            // The padding after the end is not part of the text.
            let at = set.trailing_zeros() as usize;
            return (at < piece.len()).then_some(index * LEN + at);
        }
    }
    None
}

/// Fewer than sixteen bytes, padded with zeros. For lengths between the powers of two the loads overlap, with equal
/// bytes in the overlap. A copy of unknown length would be a call.
#[inline(always)]
fn padded(text: &[u8]) -> [u8; LEN] {
    let word = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u128::from(u64::from_le_bytes(*first))
                | u128::from(u64::from_le_bytes(*last)) << (8 * (text.len() - 8))
        }
        _ => u128::from(word(text)),
    };
    word.to_le_bytes()
}

/// The first eight bytes of `text`, padded with zeros, the first byte the lowest.
#[inline(always)]
pub(crate) fn word(text: &[u8]) -> u64 {
    if let Some(chunk) = text.first_chunk() {
        return u64::from_le_bytes(*chunk);
    }
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first))
                | u64::from(u32::from_le_bytes(*last)) << (8 * (text.len() - 4))
        }
        _ => match text {
            [] => 0,
            [one] => u64::from(*one),
            [one, two] => u64::from(u16::from_le_bytes([*one, *two])),
            [one, two, three, ..] => u64::from(u32::from_le_bytes([*one, *two, *three, 0])),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The bits of the bytes of `text` that `fits` matches.
    fn bits(text: &[u8], fits: impl Fn(&u8) -> bool) -> u32 {
        text.iter().take(LEN).enumerate().map(|(at, byte)| u32::from(fits(byte)) << at).sum()
    }

    #[test]
    fn every_byte_is_classified_at_every_position_and_length() {
        for len in 0..=LEN + 2 {
            for byte in 0..=u8::MAX {
                let text: Vec<u8> = (0..len).map(|at| byte.wrapping_add((at * 37) as u8)).collect();
                let block = Block::of(&text);
                assert_eq!(block.letters(), bits(&text, u8::is_ascii_alphabetic), "{text:?}");
                assert_eq!(block.digits(), bits(&text, u8::is_ascii_digit), "{text:?}");
                assert_eq!(block.letter(b'x'), bits(&text, |at| matches!(at, b'x' | b'X')), "{text:?}");
                let is_name = |at: &u8| at.is_ascii_alphanumeric() || b"-._".contains(at);
                assert_eq!(block.names(), bits(&text, is_name), "{text:?}");
                assert_eq!(block.joints(), bits(&text, |at| b"._xX".contains(at)), "{text:?}");
                assert_eq!(block.either(b'+', b'/'), bits(&text, |at| b"+/".contains(at)), "{text:?}");
                assert_eq!(block.high(), bits(&text, |at| !at.is_ascii()), "{text:?}");
                let padding = if byte == 0 { !0 << len.min(LEN) & 0xffff } else { 0 };
                assert_eq!(block.equal(byte), bits(&text, |at| *at == byte) | padding, "{text:?}");
                let place = text.iter().position(|at| *at == byte);
                assert_eq!(position(&text, |block| block.equal(byte)), place, "{text:?}");
                let start = text.iter().take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
                assert_eq!(word(&text), start, "{text:?}");
            }
        }
    }
}
