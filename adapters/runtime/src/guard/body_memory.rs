//! The memory of all bodies that are read for inspection, and its limit.
//!
//! A client decides how long its body takes to arrive, so a limit for one body bounds the sum only by the number of
//! connections. Bytes are counted while a request reads and inspects them, and no longer when they are passed to the handler.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use portcullis_core::ByteSize;

/// The default limit of bytes of all bodies that are read and inspected at the same time: 256 MiB.
pub const BODY_MEMORY: ByteSize = ByteSize::mib(256);

/// The bytes of the bodies of one guard.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    limit: usize,
    held: AtomicUsize,
    rejected: AtomicU64,
}

impl BodyMemory {
    pub(crate) fn new(limit: ByteSize) -> Self {
        let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
        Self { limit, held: AtomicUsize::new(0), rejected: AtomicU64::new(0) }
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Bodies that did not fit.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }
}

/// The bytes of one body. They are released when it is dropped, as with the future of a client that hangs up.
#[derive(Debug)]
pub(crate) struct HeldBytes<'m> {
    memory: &'m BodyMemory,
    bytes: usize,
}

impl<'m> HeldBytes<'m> {
    pub(crate) const fn new(memory: &'m BodyMemory) -> Self {
        Self { memory, bytes: 0 }
    }

    /// Add a chunk. Returns whether it fits; it counts either way, because it has arrived.
    pub(crate) fn add(&mut self, chunk: usize) -> bool {
        self.bytes += chunk;
        let held = self.memory.held.fetch_add(chunk, Ordering::Relaxed);
        if held.saturating_add(chunk) <= self.memory.limit {
            return true;
        }
        let before = self.memory.rejected.fetch_add(1, Ordering::Relaxed);
        // The first and every power of two: a flood does not fill the log.
        if (before + 1).is_power_of_two() {
            tracing::warn!(
                target: "portcullis",
                limit = self.memory.limit,
                rejected = before + 1,
                "all bodies in memory together exceed their limit; lower `body.limit` or `body.timeout`, or raise `GuardBuilder::body_memory`"
            );
        }
        false
    }
}

impl Drop for HeldBytes<'_> {
    fn drop(&mut self) {
        self.memory.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
