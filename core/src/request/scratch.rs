//! Reusable working space for requests, owned by a driver.

use alloc::string::String;
use core::fmt;

use arrayvec::ArrayVec;

use crate::body::buffers::Buffers;
use crate::detect::Scanner;
use crate::rules::behaviour::RuleScope;
use crate::rules::rate::TierRef;
use crate::state::{Batch, MAX_OPS};
use crate::time::Timestamp;

/// Buffers for the batch and for decoding. Keep one per worker and reuse it: with a warm scratch, a benign request
/// makes no heap allocation.
///
/// Buffers are overwritten before they are read. Only a cache of clean header values is kept between requests: those
/// that identify a browser and what it accepts, never a header that can hold a secret. The cache changes the cost of a
/// verdict, not the verdict.
pub struct Scratch {
    pub(crate) batch: Batch,
    /// The purpose of each op of the batch.
    pub(crate) purposes: ArrayVec<OpPurpose, MAX_OPS>,
    pub(crate) scanner: Scanner,
    /// The canonical path, if the request spells it differently. Its length is bounded by that of the path received.
    pub(crate) path: String,
    /// Buffers for decoded bodies.
    pub(crate) buffers: Buffers,
}

/// The purpose of an op in the first batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpPurpose {
    /// Look up a ban of the client.
    Ban,
    /// Look up a throttle of a behaviour rule.
    Throttle,
    /// Read the strikes of the client.
    Strikes,
    /// Count the request under a limit.
    Tier(TierRef),
    /// Read the counter of an outcome limit.
    Outcome(TierRef),
    /// Count the request under a behaviour rule about requests.
    Usage(RuleScope, u16),
}

/// Maximum bytes of the buffers that are kept between requests.
const MAX_KEPT_BYTES: usize = 1 << 20;
/// Maximum bytes of the buffers of a request that awaits its body or the application. One that awaits the store has inspected
/// nothing yet.
const MAX_SUSPENDED_BYTES: usize = 16 << 10;

impl Scratch {
    /// Working space with empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            batch: Batch::new(Timestamp::EPOCH),
            purposes: ArrayVec::new(),
            scanner: Scanner::new(),
            path: String::new(),
            buffers: Buffers::new(),
        }
    }

    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.batch.restart(now);
        self.purposes.clear();
        self.trim();
    }

    /// Free the buffers that large values extended above [`MAX_KEPT_BYTES`].
    pub(crate) fn trim(&mut self) {
        if self.path.capacity() > MAX_KEPT_BYTES {
            self.path = String::new();
        }
        self.trim_to(MAX_KEPT_BYTES);
    }

    /// Free buffers until a request that awaits something holds at most [`MAX_SUSPENDED_BYTES`] of them, besides its canonical
    /// path. A client chooses how long that is.
    pub(crate) fn suspend(&mut self) {
        self.trim_to(MAX_SUSPENDED_BYTES);
    }

    fn trim_to(&mut self, keep: usize) {
        let kept = self.buffers.trim(keep);
        self.scanner.trim(keep - kept);
    }
}

impl fmt::Debug for Scratch {
    /// Without the buffers: they hold values of the last request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}
