//! Content codings: parsing `Content-Encoding`, and decoding under a cap.
//!
//! A compressed body is inflated for inspection only; the handler receives the bytes as received. It may decode all
//! codings, some or none of them, so [`Codings::stages`] passes every stage to inspection, the bytes as received
//! included. The cap is on the output and known before inflation starts, so that a compression bomb costs no more than
//! a legitimate body of that size.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::buffers::Buffers;
use super::inflate::{self, Coding, StreamEnd};
use crate::body::gaps::Gaps;
use crate::budget::WorkBudget;

/// Codings of one body that are decoded; more are a gap.
const MAX_CODINGS: usize = 2;
/// The ratio is not checked for output up to this many bytes.
const MIN_RATIO_BYTES: usize = 64 << 10;

/// Limits of the inflation of compressed bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflation {
    pub(crate) enabled: bool,
    /// The maximum output of one coding, in bytes.
    pub(crate) limit: usize,
    /// The maximum ratio of output to body, once the output is longer than 64 KiB.
    pub(crate) ratio: u32,
}

impl Default for Inflation {
    fn default() -> Self {
        Self { enabled: true, limit: 4 << 20, ratio: 100 }
    }
}

/// The codings of a body in the order in which they were applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codings {
    applied: ArrayVec<Coding, MAX_CODINGS>,
    unknown: bool,
}

impl Codings {
    /// Add one `Content-Encoding` line; several lines are one list.
    pub(crate) fn add(&mut self, line: &[u8]) {
        for name in line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let matches_any =
                |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
            let coding = match () {
                () if matches_any(&["", "identity"]) => continue,
                () if matches_any(&["gzip", "x-gzip"]) => Some(Coding::Gzip),
                () if matches_any(&["deflate"]) => Some(Coding::Deflate),
                () if matches_any(&["br"]) => Some(Coding::Brotli),
                () => None,
            };
            self.unknown |= coding.is_none_or(|coding| self.applied.try_push(coding).is_err());
        }
    }

    /// Whether no coding is applied.
    pub(crate) fn is_plain(&self) -> bool {
        self.applied.is_empty() && !self.unknown
    }

    /// Whether all codings are supported.
    pub(crate) const fn is_known(&self) -> bool {
        !self.unknown
    }

    /// Pass the body to `inspect` at every stage: first with all codings decoded, then the input of each decoder, at
    /// last the bytes as received; all but the first have `is_wire` set if a coding was decoded. Returns why the text
    /// may be incomplete. `cut` is whether the body itself is truncated, so that an early end of the stream is not a
    /// gap of its own.
    pub(crate) fn stages(
        &self,
        body: &[u8],
        cut: bool,
        (inflation, budget): (Inflation, &WorkBudget),
        buffers: &mut Buffers,
        mut inspect: impl FnMut(Stage<'_>, &mut Buffers),
    ) -> Gaps {
        let decoded_count = if inflation.enabled && self.is_known() { self.applied.len() } else { 0 };
        let by_ratio = body.len().saturating_mul(inflation.ratio as usize).max(MIN_RATIO_BYTES);
        let max_output = inflation.limit.min(by_ratio);
        let mut gaps = Gaps::default();
        let mut inflated: ArrayVec<Vec<u8>, MAX_CODINGS> = ArrayVec::new();
        for coding in self.applied[..decoded_count].iter().rev() {
            let cap = max_output.min(budget.inflatable());
            let mut out = buffers.take();
            let end = inflate::decode(*coding, inflated.last().map_or(body, Vec::as_slice), cap, &mut out);
            // The cap has made sure that the budget covers it.
            let _ = budget.inflate(out.len());
            match end {
                StreamEnd::Whole => {}
                StreamEnd::Capped if cap < max_output => gaps.add(Gaps::WORK),
                StreamEnd::Capped if by_ratio < inflation.limit => gaps.add(Gaps::RATIO),
                StreamEnd::Capped => gaps.add(Gaps::LENGTH),
                StreamEnd::Broken if cut || !gaps.is_empty() => {}
                StreamEnd::Broken => gaps.add(Gaps::CODING),
            }
            inflated.push(out);
        }
        let mut is_wire = decoded_count < self.applied.len() || !self.is_known();
        while let Some(bytes) = inflated.pop() {
            inspect(Stage { bytes: &bytes, is_wire }, buffers);
            buffers.give(bytes);
            is_wire = true;
        }
        inspect(Stage { bytes: body, is_wire }, buffers);
        gaps
    }
}

/// A body with some of its codings decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage<'b> {
    pub(crate) bytes: &'b [u8],
    /// Whether an applied coding is not decoded at this stage.
    pub(crate) is_wire: bool,
}

#[cfg(test)]
mod tests;
