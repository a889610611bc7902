//! Compatibility characters that fold to ASCII, in the sense of Unicode's NFKC and of best-fit code pages.
//!
//! All other text stays byte for byte: this is for recognising syntax, not for comparing words.

use alloc::vec::Vec;

use super::digits::overlong_at_end;
use super::result::DecodeResult;
use super::work::work;
use crate::detect::decode::Decodings;

/// What a range of code points becomes.
#[derive(Clone, Copy)]
pub(super) enum Folding {
    /// Nothing: it cannot be seen.
    Nothing,
    /// This character.
    Ascii(u8),
    /// The character at the same place in the range that starts here.
    From(u8),
    /// Alternating alphabets, upper case then lower case.
    Letters,
    /// Alternating decimal digits.
    Digits,
    /// Nth of this text; a blank in the text leaves the code point alone.
    Nth(&'static [u8]),
    /// Two full stops.
    Dots(u8),
}

/// First and last code point and what they become, in order.
pub(super) const RANGES: &[(u32, u32, Folding)] = &[
    (0xa0, 0xa0, Folding::Ascii(b' ')),
    (0xaa, 0xaa, Folding::Ascii(b'a')),
    (0xad, 0xad, Folding::Nothing),
    (0xb2, 0xb3, Folding::From(b'2')),
    (0xb4, 0xb4, Folding::Ascii(b'\'')),
    (0xb9, 0xba, Folding::Nth(b"1o")),
    (0x17f, 0x17f, Folding::Ascii(b's')),
    (0x2b0, 0x2b8, Folding::Nth(b"h jr   wy")),
    (0x2b9, 0x2b9, Folding::Ascii(b'\'')),
    (0x2ba, 0x2ba, Folding::Ascii(b'"')),
    (0x2bb, 0x2bd, Folding::Ascii(b'\'')),
    (0x2c2, 0x2c3, Folding::Nth(b"<>")),
    (0x2c6, 0x2c6, Folding::Ascii(b'^')),
    (0x2c8, 0x2c8, Folding::Ascii(b'\'')),
    (0x2cb, 0x2cb, Folding::Ascii(b'`')),
    (0x2dc, 0x2dc, Folding::Ascii(b'~')),
    (0x34f, 0x34f, Folding::Nothing),
    (0x37e, 0x37e, Folding::Ascii(b';')),
    (0x1680, 0x1680, Folding::Ascii(b' ')),
    (0x180e, 0x180e, Folding::Nothing),
    (0x1fef, 0x1fef, Folding::Ascii(b'`')),
    (0x2000, 0x200a, Folding::Ascii(b' ')),
    (0x200b, 0x200f, Folding::Nothing),
    (0x2010, 0x2011, Folding::Ascii(b'-')),
    (0x2018, 0x2019, Folding::Ascii(b'\'')),
    (0x201a, 0x201a, Folding::Ascii(b',')),
    (0x201b, 0x201b, Folding::Ascii(b'\'')),
    (0x201c, 0x201f, Folding::Ascii(b'"')),
    (0x2024, 0x2026, Folding::Dots(1)),
    (0x2028, 0x2029, Folding::Ascii(b'\n')),
    (0x202a, 0x202e, Folding::Nothing),
    (0x202f, 0x202f, Folding::Ascii(b' ')),
    (0x2032, 0x2032, Folding::Ascii(b'\'')),
    (0x2033, 0x2033, Folding::Ascii(b'"')),
    (0x2035, 0x2035, Folding::Ascii(b'`')),
    (0x2039, 0x203a, Folding::Nth(b"<>")),
    (0x2044, 0x2044, Folding::Ascii(b'/')),
    (0x205f, 0x205f, Folding::Ascii(b' ')),
    (0x2060, 0x2064, Folding::Nothing),
    (0x2066, 0x206f, Folding::Nothing),
    (0x2070, 0x2079, Folding::Nth(b"0i  456789")),
    (0x207a, 0x207e, Folding::Nth(b"+-=()")),
    (0x207f, 0x207f, Folding::Ascii(b'n')),
    (0x2080, 0x2089, Folding::From(b'0')),
    (0x208a, 0x208e, Folding::Nth(b"+-=()")),
    (0x2090, 0x209c, Folding::Nth(b"aeox hklmnpst")),
    (0x2102, 0x2102, Folding::Ascii(b'C')),
    (0x210a, 0x2115, Folding::Nth(b"gHHHh IILl N")),
    (0x2119, 0x211d, Folding::Nth(b"PQRRR")),
    (0x2124, 0x2134, Folding::Nth(b"Z   Z K BC eEF Mo")),
    (0x2139, 0x2139, Folding::Ascii(b'i')),
    (0x2145, 0x2149, Folding::Nth(b"Ddeij")),
    (0x2160, 0x216f, Folding::Nth(b"I   V    X  LCDM")),
    (0x2170, 0x217f, Folding::Nth(b"i   v    x  lcdm")),
    (0x2212, 0x2212, Folding::Ascii(b'-')),
    (0x2215, 0x2216, Folding::Nth(b"/\\")),
    (0x2217, 0x2217, Folding::Ascii(b'*')),
    (0x2223, 0x2223, Folding::Ascii(b'|')),
    (0x2236, 0x2236, Folding::Ascii(b':')),
    (0x223c, 0x223c, Folding::Ascii(b'~')),
    (0x2460, 0x2468, Folding::From(b'1')),
    (0x24b6, 0x24cf, Folding::From(b'A')),
    (0x24d0, 0x24e9, Folding::From(b'a')),
    (0x24ea, 0x24ea, Folding::Ascii(b'0')),
    (0x29f5, 0x29f5, Folding::Ascii(b'\\')),
    (0x29f8, 0x29f9, Folding::Nth(b"/\\")),
    (0x3000, 0x3000, Folding::Ascii(b' ')),
    (0xfe19, 0xfe19, Folding::Dots(3)),
    (0xfe30, 0xfe30, Folding::Dots(2)),
    (0xfe50, 0xfe57, Folding::Nth(b",  . ;:?")),
    (0xfe59, 0xfe6b, Folding::Nth(b"(){}  #&*+-<>= \\$%@")),
    (0xfeff, 0xfeff, Folding::Nothing),
    (0xff01, 0xff5e, Folding::From(b'!')),
    (0xffe3, 0xffe3, Folding::Ascii(b' ')),
    (0x1d400, 0x1d6a3, Folding::Letters),
    (0x1d7ce, 0x1d7ff, Folding::Digits),
    (0x1f110, 0x1f129, Folding::From(b'A')),
    (0x1f130, 0x1f149, Folding::From(b'A')),
    (0x1fbf0, 0x1fbf9, Folding::From(b'0')),
    (0xe0001, 0xe007f, Folding::Nothing),
];

/// Fold compatibility characters to ASCII.
pub(crate) fn fold(input: &[u8], out: &mut Vec<u8>) -> DecodeResult {
    traced(input, out, |_, _| ())
}

/// [`fold`]; calls `trace` with the current positions in input and output.
pub(crate) fn traced(input: &[u8], out: &mut Vec<u8>, mut trace: impl FnMut(usize, usize)) -> DecodeResult {
    out.clear();
    let mut undone = DecodeResult::default();
    // Everything before `kept` is written already; what does not change is copied in one piece.
    let (mut at, mut kept) = (0, 0);
    // Whether the last item was a byte that is not a character. What follows must not vanish: the two sides could
    // then make up a character that the value does not hold.
    let mut stray = false;
    loop {
        trace(at, out.len() + at - kept);
        let ascii = ascii_run(&input[at..]);
        work(ascii + 1);
        at += ascii;
        trace(at, out.len() + at - kept);
        stray &= ascii == 0;
        let Some((len, folded)) = read(&input[at..]) else { break };
        let folded = folded.filter(|(_, times)| *times > 0 || !stray);
        stray = len == 1 && folded.is_none();
        if let Some((byte, times)) = folded {
            undone.add(Decodings::FOLD);
            out.extend_from_slice(&input[kept..at]);
            out.extend(core::iter::repeat_n(byte, times));
            kept = at + len;
        }
        at += len;
    }
    if kept > 0 {
        out.extend_from_slice(&input[kept..]);
    }
    undone
}

/// Whether [`fold`] may change `text`. Letters of scripts in use do not fold.
pub(crate) fn folds(text: &[u8]) -> bool {
    let mut at = 0;
    loop {
        at += ascii_run(&text[at..]);
        match read(&text[at..]) {
            None => return false,
            Some((_, Some(_))) => return true,
            Some((len, None)) => at += len,
        }
    }
}

/// How many ASCII bytes `text` starts with.
fn ascii_run(text: &[u8]) -> usize {
    let blocks = text.chunks_exact(16).take_while(|block| block.is_ascii()).count() * 16;
    let rest = text[blocks..].iter().take_while(|byte| byte.is_ascii()).count();
    blocks + rest
}

/// A character and how often it is written.
type FoldedChar = (u8, usize);

/// The length of the character that `text` starts with and what it folds to, if to anything.
fn read(text: &[u8]) -> Option<(usize, Option<FoldedChar>)> {
    let first = *text.first()?;
    let Some((code, len)) = decode(text) else { return Some(invalid(first, text)) };
    let page = PAGES.get(code as usize / PAGE).copied().unwrap_or(true);
    if !page {
        return Some((len, None));
    }
    let place = RANGES.partition_point(|(_, last, _)| *last < code);
    let folded = match RANGES.get(place) {
        Some((first, _, to)) if *first <= code => ascii(code - first, *to),
        _ => None,
    };
    Some((len, folded))
}

/// Code points per block of the table.
const PAGE: usize = 64;
/// Pages of the basic plane.
const COUNT: usize = 0x1_0000 / PAGE;

/// For each page, whether a range touches it: most scripts are passed without a search.
static PAGES: [bool; COUNT] = pages();

const fn pages() -> [bool; COUNT] {
    let mut pages = [false; COUNT];
    let mut range = 0;
    while range < RANGES.len() {
        let mut page = RANGES[range].0 as usize / PAGE;
        while page < pages.len() && page <= RANGES[range].1 as usize / PAGE {
            pages[page] = true;
            page += 1;
        }
        range += 1;
    }
    pages
}

/// The character and how many of it replace the code point `at` places into its range.
fn ascii(at: u32, to: Folding) -> Option<FoldedChar> {
    let step = |from: u8, count: u32| from.wrapping_add((at % count) as u8);
    let byte = match to {
        Folding::Nothing => return Some((0, 0)),
        Folding::Dots(fewest) => return Some((b'.', usize::from(fewest) + at as usize)),
        Folding::Ascii(byte) => byte,
        Folding::From(first) => step(first, 128),
        Folding::Letters if at % 52 < 26 => step(b'A', 52),
        Folding::Letters => step(b'a', 52) - 26,
        Folding::Digits => step(b'0', 10),
        Folding::Nth(text) => *text.get(at as usize)?,
    };
    (byte != b' ' || matches!(to, Folding::Ascii(_))).then_some((byte, 1))
}

/// The code point that valid UTF-8 starts with, and its length.
fn decode(text: &[u8]) -> Option<(u32, usize)> {
    let low = |byte: &u8| (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f));
    let (code, len, least) = match text {
        [a @ 0xc2..=0xdf, b, ..] => (u32::from(a & 0x1f) << 6 | low(b)?, 2, 0x80),
        [a @ 0xe0..=0xef, b, c, ..] => (u32::from(a & 0xf) << 12 | low(b)? << 6 | low(c)?, 3, 0x800),
        [a @ 0xf0..=0xf4, b, c, d, ..] => {
            (u32::from(a & 7) << 18 | low(b)? << 12 | low(c)? << 6 | low(d)?, 4, 0x1_0000)
        }
        _ => return None,
    };
    (code >= least).then_some((code, len))
}

/// Overlong spellings of ASCII, and the Latin-1 no-break space; other invalid bytes stay.
fn invalid(first: u8, text: &[u8]) -> (usize, Option<FoldedChar>) {
    let longest = match first {
        0xc0 | 0xc1 => 2,
        0xe0 => 3,
        0xf0 => 4,
        0xf8 => 5,
        0xfc => 6,
        _ => 1,
    };
    match text.get(..longest).and_then(overlong_at_end) {
        Some((byte, len)) if len == longest => (len, Some((byte, 1))),
        _ => (1, (first == 0xa0).then_some((b' ', 1))),
    }
}
