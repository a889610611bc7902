//! Content codings: what `Content-Encoding` says was done to a body, and undoing it under a cap.
//!
//! A compressed body is inflated for inspection only; the handler receives the bytes as they came. The cap is on output
//! and known before the first byte is inflated, so that a bomb costs no more than an honest body of that size.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::buffers::Buffers;
use super::inflate::{self, Ended};
use crate::verdict::Gaps;

/// Codings of one body that are undone; more are not looked into.
const STACKED: usize = 2;
/// Output up to this many bytes is never too much for its input.
const RATIO_FROM: usize = 64 << 10;

/// How compressed bodies are inflated for inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflation {
    pub(crate) enabled: bool,
    /// The most bytes that one coding may inflate to.
    pub(crate) limit: usize,
    /// How many times as long as the body the output may be, once it is longer than 64 KiB.
    pub(crate) ratio: u32,
}

impl Default for Inflation {
    fn default() -> Self {
        Self { enabled: true, limit: 4 << 20, ratio: 100 }
    }
}

/// A coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// zlib by the standard, raw by the habit of some clients: both are tried.
    Deflate,
    Brotli,
}

/// The codings of a body in the order in which they were applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codings {
    applied: ArrayVec<Coding, STACKED>,
    unknown: bool,
}

impl Codings {
    /// Note one line of `Content-Encoding`; several lines are one list.
    pub(crate) fn add(&mut self, line: &[u8]) {
        for name in line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let named =
                |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
            let coding = match () {
                () if named(&["", "identity"]) => continue,
                () if named(&["gzip", "x-gzip"]) => Some(Coding::Gzip),
                () if named(&["deflate"]) => Some(Coding::Deflate),
                () if named(&["br"]) => Some(Coding::Brotli),
                () => None,
            };
            self.unknown |= coding.is_none_or(|coding| self.applied.try_push(coding).is_err());
        }
    }

    /// Whether the bytes are as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.applied.is_empty() && !self.unknown
    }

    /// Whether all of them can be undone.
    pub(crate) const fn is_known(&self) -> bool {
        !self.unknown
    }

    /// Undo all codings of `body`, if there are any. Returns the result, in one of `buffers`, and why it may not be all.
    /// `cut` says that the body itself is not whole, so that an early end is no news.
    pub(crate) fn undo(
        &self,
        body: &[u8],
        cut: bool,
        inflation: Inflation,
        buffers: &mut Buffers,
    ) -> (Option<Vec<u8>>, Gaps) {
        let by_ratio = body.len().saturating_mul(inflation.ratio as usize).max(RATIO_FROM);
        let cap = inflation.limit.min(by_ratio);
        let mut gaps = Gaps::default();
        let mut now: Option<Vec<u8>> = None;
        for coding in self.applied.iter().rev() {
            let mut out = buffers.take();
            let ended = inflate::undo(*coding, now.as_deref().unwrap_or(body), cap, &mut out);
            if let Some(before) = now.replace(out) {
                buffers.give(before);
            }
            match ended {
                Ended::Whole => {}
                Ended::Capped if by_ratio < inflation.limit => gaps.add(Gaps::RATIO),
                Ended::Capped => gaps.add(Gaps::LENGTH),
                Ended::Broken if cut || !gaps.is_empty() => {}
                Ended::Broken => gaps.add(Gaps::CODING),
            }
        }
        (now, gaps)
    }
}

#[cfg(test)]
mod tests;
