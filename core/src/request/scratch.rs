//! Working space that a driver owns and lends to one request at a time.

use core::fmt;

use arrayvec::ArrayVec;

use crate::body::buffers::Buffers;
use crate::detect::Scanner;
use crate::rules::behaviour::RuleScope;
use crate::rules::rate::TierRef;
use crate::state::{Batch, MAX_OPS};
use crate::time::Timestamp;

/// Buffers for the batch and for decoding. Keep one a worker and reuse it: a warm scratch makes a benign request free of
/// heap allocations.
///
/// Buffers are overwritten before they are read. One thing stays from request to request: a few clean values of headers
/// that say what a browser is and accepts, never of one that can hold a secret. They change no verdict, only its cost.
pub struct Scratch {
    pub(crate) batch: Batch,
    /// What each op of the batch asks.
    pub(crate) purposes: ArrayVec<OpPurpose, MAX_OPS>,
    pub(crate) scanner: Scanner,
    /// Where bodies are decoded to.
    pub(crate) buffers: Buffers,
}

/// What an op of the first batch asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpPurpose {
    /// Is the client banned?
    Ban,
    /// Is the client held up by a behaviour rule?
    Throttle,
    /// Has the client points from attacks?
    Strikes,
    /// Is it within a limit, this request included?
    Tier(TierRef),
    /// Is it within a limit that counts by outcome?
    Outcome(TierRef),
    /// Has it gone beyond a behaviour rule about requests?
    Usage(RuleScope, u16),
}

/// A buffer above this many bytes is given back between requests.
const KEEP: usize = 1 << 20;

impl Scratch {
    /// Working space with empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            batch: Batch::new(Timestamp::EPOCH),
            purposes: ArrayVec::new(),
            scanner: Scanner::new(),
            buffers: Buffers::new(),
        }
    }

    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.batch.restart(now);
        self.purposes.clear();
        self.trim();
    }

    /// Give back what an unusually large value needed.
    pub(crate) fn trim(&mut self) {
        self.scanner.trim(KEEP);
        self.buffers.trim(KEEP);
    }
}

impl fmt::Debug for Scratch {
    /// Without the buffers: they hold what the last request said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}
