//! Content codings: what `Content-Encoding` says was done to a body, and undoing it under a cap.
//!
//! A compressed body is inflated for inspection only; the handler receives the bytes as they came. It may undo all codings,
//! some or none, so that [`Codings::stages`] gives every stage for inspection, the bytes as they came included. The cap is on
//! output and known before the first byte is inflated, so that a bomb costs no more than an honest body of that size.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::budget::WorkBudget;
use super::buffers::Buffers;
use super::inflate::{self, StreamEnd};
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

    /// Give `inspect` the body at every stage: the text that is left when all codings are undone, then what each coding was
    /// undone from, down to the bytes as they came, whose `is_wire` is set. Returns why the text may not be all. `cut` tells
    /// that the body itself is not whole, so that an early end is no gap of its own.
    pub(crate) fn stages(
        &self,
        body: &[u8],
        cut: bool,
        (inflation, budget): (Inflation, &WorkBudget),
        buffers: &mut Buffers,
        mut inspect: impl FnMut(Stage<'_>, &mut Buffers),
    ) -> Gaps {
        let undone = if inflation.enabled && self.is_known() { self.applied.len() } else { 0 };
        let by_ratio = body.len().saturating_mul(inflation.ratio as usize).max(RATIO_FROM);
        let most = inflation.limit.min(by_ratio);
        let mut gaps = Gaps::default();
        let mut inflated: ArrayVec<Vec<u8>, STACKED> = ArrayVec::new();
        for coding in self.applied[..undone].iter().rev() {
            let cap = most.min(budget.decodable());
            let mut out = buffers.take();
            let ended = inflate::undo(*coding, inflated.last().map_or(body, Vec::as_slice), cap, &mut out);
            // The cap has made sure that the budget covers it.
            let _ = budget.decode(out.len());
            match ended {
                StreamEnd::Whole => {}
                StreamEnd::Capped if cap < most => gaps.add(Gaps::WORK),
                StreamEnd::Capped if by_ratio < inflation.limit => gaps.add(Gaps::RATIO),
                StreamEnd::Capped => gaps.add(Gaps::LENGTH),
                StreamEnd::Broken if cut || !gaps.is_empty() => {}
                StreamEnd::Broken => gaps.add(Gaps::CODING),
            }
            inflated.push(out);
        }
        let mut is_wire = undone < self.applied.len() || !self.is_known();
        while let Some(bytes) = inflated.pop() {
            inspect(Stage { bytes: &bytes, is_wire }, buffers);
            buffers.give(bytes);
            is_wire = true;
        }
        inspect(Stage { bytes: body, is_wire }, buffers);
        gaps
    }
}

/// A body after some of its codings are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage<'b> {
    pub(crate) bytes: &'b [u8],
    /// Whether a coding is left that may be undone.
    pub(crate) is_wire: bool,
}

#[cfg(test)]
mod tests;
