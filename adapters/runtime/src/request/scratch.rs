//! The scratch of each thread, which requests reuse.

use std::cell::Cell;

use portcullis_core::Scratch;

thread_local! {
    /// One scratch for each thread. A suspended request keeps its scratch; the thread then allocates another.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// A leased scratch; it is returned to the thread on which the request ends.
pub(crate) struct ScratchLease(Option<Box<Scratch>>);

impl ScratchLease {
    pub(crate) fn take() -> Self {
        Self(Some(SCRATCH.take().unwrap_or_default()))
    }
}

impl std::ops::Deref for ScratchLease {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        self.0.as_deref().expect("the lease has its scratch until it is dropped")
    }
}

impl std::ops::DerefMut for ScratchLease {
    fn deref_mut(&mut self) -> &mut Scratch {
        self.0.as_deref_mut().expect("the lease has its scratch until it is dropped")
    }
}

impl Drop for ScratchLease {
    fn drop(&mut self) {
        // On a thread that is ending, the slot may be gone; the scratch is freed then.
        let _ = SCRATCH.try_with(|slot| slot.set(self.0.take()));
    }
}
