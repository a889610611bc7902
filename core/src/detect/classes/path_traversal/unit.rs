//! The units of a path: dots, separators and everything else, in every spelling that some server accepts.
//!
//! Decoders handle well-formed escapes. The spellings here are those that lenient decoders read as a dot or a slash:
//! bytes after a UTF-8 lead that cannot follow it, hexadecimal digits beyond `f`, hexadecimal written as text.

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dot,
    Separator,
    /// Ends a name in some languages: NUL.
    Nul,
    Other,
}

/// One unit of a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    pub(super) len: usize,
    /// Whether it is spelt so that only a lenient reader sees what it is.
    pub(super) disguised: bool,
}

impl Unit {
    const fn plain(kind: Kind) -> Self {
        Self { kind, len: 1, disguised: false }
    }

    fn disguised(code: u8, len: usize) -> Option<Self> {
        let kind = match code {
            b'.' => Kind::Dot,
            b'/' | b'\\' => Kind::Separator,
            _ => return None,
        };
        Some(Self { kind, len, disguised: true })
    }

    /// The unit that `text` starts with; with `after_dots` two dots were just read. Looks at most ten bytes far.
    pub(super) fn first(text: &[u8], after_dots: bool) -> Option<Self> {
        let disguised = match text {
            [] => return None,
            [b'.', ..] => return Some(Self::plain(Kind::Dot)),
            [b'/' | b'\\', ..] => return Some(Self::plain(Kind::Separator)),
            [0, ..] => return Some(Self::plain(Kind::Nul)),
            [b'0', b'x' | b'X', high, low, ..] => {
                loose_hex(*high, *low).and_then(|code| Self::disguised(code, 4))
            }
            [b'2', b'f' | b'F', ..] | [b'5', b'c' | b'C', ..] if after_dots => Self::disguised(b'/', 2),
            [b'%', ..] => percent(text, after_dots),
            [0xc0 | 0xc1, ..] => overlong(text),
            [0xe2, 0x88, 0x95 | 0x96, ..] | [0xef, 0xbc, 0x8f | 0xbc, ..] | [0xe2, 0x81, 0x84, ..] => {
                Self::disguised(b'/', 3)
            }
            [0xef, 0xbc, 0x8e, ..] => Self::disguised(b'.', 3),
            // Replacement and private characters, as broken decoders leave them; only where a separator must be.
            [0xef, 0xbf, 0xbd, ..] | [0xee, _, _, ..] | [0xef, 0x80..=0xa3, _, ..] if after_dots => {
                Self::disguised(b'/', run(text))
            }
            _ => None,
        };
        Some(disguised.unwrap_or(Self::plain(Kind::Other)))
    }
}

/// How long the run of replacement characters at the start is, up to three.
fn run(text: &[u8]) -> usize {
    3 * text.chunks_exact(3).take(3).take_while(|chunk| *chunk == &text[..3]).count()
}

/// `%` that no decoder took: as a nested, cut or lenient escape.
fn percent(text: &[u8], after_dots: bool) -> Option<Unit> {
    match text {
        [_, lead_high, lead_low, b'%', high, low, ..]
            if let Some(0xc0 | 0xc1) = loose_hex(*lead_high, *lead_low)
                && let Some(code) = loose_hex(*high, *low) =>
        {
            let lead = loose_hex(*lead_high, *lead_low)?;
            Unit::disguised(join(lead, code), 6)
        }
        [_, high, low, ..]
            if loose_hex(*high, *low).is_some_and(|code| Unit::disguised(code, 3).is_some()) =>
        {
            Unit::disguised(loose_hex(*high, *low)?, 3)
        }
        [_, high @ (b'2' | b'5'), b'%', low, ..] => Unit::disguised(loose_hex(*high, *low)?, 4),
        // A cut escape and another one that took the letter behind it for its digit: `%2%fetc`.
        [_, b'2' | b'5', lead @ 0xc0..=0xff, ..] => {
            Unit::disguised(loose_hex(text[1], HEX[usize::from(lead >> 4)])?, 3)
        }
        [_, 0xc0 | 0xc1, ..] => overlong(&text[1..]).map(|unit| Unit { len: unit.len + 1, ..unit }),
        [_, b'u' | b'U', b'F' | b'f', b'0', b'2', b'5', ..] if after_dots => Unit::disguised(b'/', 6),
        _ => None,
    }
}

/// A lead byte of two-byte UTF-8 that can only spell ASCII, with whatever follows.
fn overlong(text: &[u8]) -> Option<Unit> {
    match text {
        [_, b'.', ..] => Unit::disguised(b'.', 2),
        [_, b'/' | b'\\', ..] => Unit::disguised(b'/', 2),
        [lead, b'%', high, low, ..] if let Some(code) = loose_hex(*high, *low) => {
            Unit::disguised(join(*lead, code), 4)
        }
        [lead, next, ..] => {
            Unit::disguised(join(*lead, *next), 2).or_else(|| Unit::disguised(low_bits(*next), 2))
        }
        _ => None,
    }
}

/// The character that a decoder makes of a lead and any byte when it does not check either.
const fn join(lead: u8, next: u8) -> u8 {
    (lead & 1) << 6 | next & 0x3f
}

/// What the low four bits of a byte suggest, which is all that sloppier decoders keep.
const fn low_bits(byte: u8) -> u8 {
    match byte & 0xf {
        0xe => b'.',
        0xc | 0xf => b'/',
        _ => 0,
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What a decoder reads when it takes every letter for a digit.
const fn loose_hex(high: u8, low: u8) -> Option<u8> {
    let (Some(high), Some(low)) = (loose_digit(high), loose_digit(low)) else { return None };
    Some(high.wrapping_mul(16).wrapping_add(low))
}

const fn loose_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'z' => Some(digit - b'a' + 10),
        b'A'..=b'Z' => Some(digit - b'A' + 10),
        _ => None,
    }
}
