//! Decoders: each undoes one family of encodings in one pass and never makes a value longer.
//!
//! Every function appends nothing to what `out` holds but replaces it, and says what it undid; when it undid nothing,
//! `out` is unspecified and the caller keeps reading the input.
//!
//! Nesting needs no iteration: what an escape decodes to is appended to the output like any other byte, and whenever the
//! tail of the output has become an escape itself, it is replaced in turn. Every replacement shrinks the output, so the
//! work is linear in the input however deeply it was encoded, and the result holds no escape any more.
//!
//! Each also tells, to whoever asks, how much it has read and written after each piece, which leads from a place in the
//! output back to the input.

mod base64_run;
mod escapes;
mod fold;
mod percent;
mod wide;
pub(crate) mod work;

pub(crate) use base64_run::{
    SHORTEST as SHORTEST_BASE64_RUN, digit as base64_digit, traced as base64_run_traced,
};
pub(crate) use base64_run::{base64_run, has_base64_run};
pub(crate) use escapes::{escapes, traced as escapes_traced};
pub(crate) use fold::{fold, folds, traced as fold_traced};
pub(crate) use percent::{percent, traced as percent_traced};
pub(crate) use wide::{is_wide, traced as wide_traced, wide};

use super::view::Decodings;

#[cfg(test)]
mod tests;

/// What a decoder did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodeResult {
    /// The encodings that occurred; [`Decodings::RAW`] when the input is unchanged.
    pub(crate) steps: Decodings,
    /// The deepest nesting of percent escapes; an overlong spelling counts as one more level.
    pub(crate) depth: u8,
}

impl DecodeResult {
    fn note(&mut self, step: Decodings) {
        self.steps = self.steps.and(step);
    }
}

/// What a digit is worth; looked up, as nobody can foretell whether the next one is a letter.
const fn hex(digit: u8) -> Option<u8> {
    const WORTH: [u8; 256] = {
        let mut worth = [u8::MAX; 256];
        let mut value = 0;
        while value < 16 {
            worth[b"0123456789abcdef"[value] as usize] = value as u8;
            worth[b"0123456789ABCDEF"[value] as usize] = value as u8;
            value += 1;
        }
        worth
    };
    let worth = WORTH[digit as usize];
    if worth < 16 { Some(worth) } else { None }
}

/// The ASCII character that the overlong UTF-8 sequence at the end of `tail` spells, and the sequence's length.
fn overlong_at_end(tail: &[u8]) -> Option<(u8, usize)> {
    let [.., before, last @ 0x80..=0xbf] = tail else { return None };
    let low = last & 0x3f;
    match before {
        0xc0 => return Some((low, 2)),
        // Strictly an `o`, but no decoder that reads such spellings took it for one, and attackers know it as a slash.
        0xc1 if *last == 0xaf => return Some((b'/', 2)),
        0xc1 => return Some((0x40 | low, 2)),
        0x80 | 0x81 => {}
        _ => return None,
    }
    let value = (before & 1) << 6 | low;
    match tail {
        [.., 0xe0, _, _] => Some((value, 3)),
        [.., 0xf0, 0x80, _, _] => Some((value, 4)),
        [.., 0xf8, 0x80, 0x80, _, _] => Some((value, 5)),
        [.., 0xfc, 0x80, 0x80, 0x80, _, _] => Some((value, 6)),
        _ => None,
    }
}
