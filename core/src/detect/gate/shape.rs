//! The shape of a value: the kinds of byte and word in it.
//!
//! Sixty-four bytes are classified at a time ([`Piece`]); only bytes that are not letters, digits or blanks, and the
//! beginnings of words, are read one by one.

use crate::detect::decode;
use crate::detect::gate::{byte, kind_of, word_kind, word_kind_at};
use crate::simd::{self, Block};

/// What one pass saw: kinds of byte and kinds of word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Union of [`byte`] bits.
    pub(crate) bytes: u32,
    /// Union of [`byte`] bits of bytes that occur twice in a row, such as `--` and `..`; never letters, digits, blanks and
    /// bytes of 0x80 and above.
    pub(crate) doubled: u32,
    /// Union of [`word`](super::gate::word) bits.
    pub(crate) words: u32,
    /// Whether there is a quote that is not between two letters, where it would be an apostrophe.
    pub(crate) free_quote: bool,
    /// Quotes of either kind; two and more can enclose something.
    pub(crate) quotes: u32,
    /// Union of [`byte`] bits of bytes that follow a dot; never letters, digits and blanks.
    pub(crate) after_dot: u32,
    /// Whether a run of digits of base64 is long enough to be base64 of text.
    pub(crate) long_run: bool,
}

impl Shape {
    /// Look at `value` once.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut pass = Pass::default();
        for (index, bytes) in value.chunks(PIECE).enumerate() {
            pass.over(value, index * PIECE, bytes.len(), &Piece::of(bytes));
        }
        pass.shape
    }

    /// Whether any of these kinds of byte occurs twice in a row.
    pub(crate) const fn doubled(self, kinds: u32) -> bool {
        self.doubled & kinds != 0
    }

    /// Whether any of these kinds of byte occurs.
    pub(crate) const fn any(self, kinds: u32) -> bool {
        self.bytes & kinds != 0
    }

    /// Whether all of these kinds of byte occur.
    pub(crate) const fn all(self, kinds: u32) -> bool {
        self.bytes & kinds == kinds
    }

    /// Whether a word of any of these kinds occurs.
    pub(crate) const fn word(self, kinds: u32) -> bool {
        self.words & kinds != 0
    }
}

/// A pass over a value, piece by piece.
#[derive(Default)]
struct Pass {
    shape: Shape,
    /// Whether the piece before ended in a letter, in bit 0.
    letter: u64,
    /// Whether it ended in a byte that [`Pass::pair`] looks at with the next one, in bit 0.
    mark: u64,
    /// How many digits of base64 it ended in.
    run: u32,
}

impl Pass {
    /// Go on with the `len` bytes of `value` behind `from`.
    #[inline(always)]
    fn over(&mut self, value: &[u8], from: usize, len: usize, piece: &Piece) {
        let Piece { letters, digits, blanks, high, .. } = *piece;
        self.shape.long_run |= has_long_run(piece.base64, len, &mut self.run);
        let said = |set: u64, kind: u32| if set != 0 { kind } else { 0 };
        self.shape.bytes |= said(letters, byte::ALPHA)
            | said(digits, byte::DIGIT)
            | said(blanks, byte::BLANK)
            | said(high, byte::HIGH);
        let others = (u64::MAX >> (PIECE - len)) & !(letters | digits | blanks);
        let marks = others & !high;
        for at in bits(marks) {
            let kind = kind_of(value[from + at]);
            self.shape.bytes |= kind;
            if kind & byte::QUOTE != 0 {
                self.quote(value, from + at);
            }
        }
        for at in bits(others & (marks << 1 | self.mark)) {
            self.pair(value[from + at - 1], value[from + at]);
        }
        // A word starts where a letter follows anything else, a digit included: `1and` holds `and`.
        for at in bits(letters & !(letters << 1 | self.letter)) {
            let text = &value[from + at..];
            let run = (!(letters >> at)).trailing_zeros() as usize;
            // A word that goes on is longer than the piece shows.
            let goes_on = at + run == len && text.len() > run;
            self.shape.words |= if goes_on { word_kind_at(text) } else { word_kind(text, run) };
        }
        self.letter = letters >> (len - 1);
        self.mark = marks >> (len - 1);
    }

    #[inline(always)]
    fn quote(&mut self, value: &[u8], at: usize) {
        let is_letter = |at: usize| value.get(at).is_some_and(u8::is_ascii_alphabetic);
        self.shape.quotes += 1;
        self.shape.free_quote |= at == 0 || !is_letter(at - 1) || !is_letter(at + 1);
    }

    /// Note two bytes in a row, of which the first is a mark and the second is one too or of 0x80 and above.
    #[inline(always)]
    fn pair(&mut self, before: u8, here: u8) {
        let kind = kind_of(here);
        self.shape.doubled |= if here == before { kind } else { 0 };
        self.shape.after_dot |= if before == b'.' { kind } else { 0 };
    }
}

/// Bytes that are looked at together.
const PIECE: usize = 64;

/// What kinds the bytes of a piece are, the first byte in the lowest bit.
struct Piece {
    letters: u64,
    digits: u64,
    blanks: u64,
    /// Bytes of 0x80 and above.
    high: u64,
    /// Digits of base64, in either alphabet.
    base64: u64,
}

impl Piece {
    #[inline(always)]
    fn of(piece: &[u8]) -> Self {
        let (mut letters, mut digits, mut blanks, mut high, mut others) = (0, 0, 0, 0, 0);
        for (index, bytes) in piece.chunks(simd::LEN).enumerate() {
            let block = Block::of(bytes);
            let add = |set: &mut u64, bits: u32| *set |= u64::from(bits) << (index * simd::LEN);
            add(&mut letters, block.letters());
            add(&mut digits, block.digits());
            add(&mut blanks, block.equal(b' '));
            add(&mut high, block.high());
            add(&mut others, block.either(b'-', b'_') | block.either(b'+', b'/'));
        }
        Self { letters, digits, blanks, high, base64: letters | digits | others }
    }
}

/// Whether a run of bits that is long enough for base64 ends in or goes through the `len` bits of `digits`; `run` bits
/// came right before them, and then do before the next.
#[inline(always)]
fn has_long_run(digits: u64, len: usize, run: &mut u32) -> bool {
    const MIN_RUN: u32 = decode::MIN_BASE64_RUN as u32;
    let start = (!digits).trailing_zeros();
    if (*run as usize) + len < decode::MIN_BASE64_RUN {
        // Only the last piece is so short, so its end is not needed.
        *run = 0;
        return false;
    }
    let mut inside = digits;
    let mut step = 1;
    while step < MIN_RUN {
        inside &= inside >> step;
        step *= 2;
    }
    let long = inside != 0 || *run + start >= MIN_RUN;
    let end = (!(digits << (PIECE - len))).leading_zeros();
    *run = if start == len as u32 { *run + start } else { end };
    long
}

const _: () = assert!(decode::MIN_BASE64_RUN.is_power_of_two());

/// The places of the bits that are set, lowest first.
#[inline(always)]
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let at = set.trailing_zeros() as usize;
        (set != 0).then(|| set &= set - 1).map(|()| at)
    })
}
