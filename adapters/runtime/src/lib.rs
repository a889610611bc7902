//! Drives the Portcullis engine.
//!
//! The engine is pure: it names what it needs and never fetches it. This crate holds what a process has one of and the
//! engine must not: a [clock](clock), and a [store](memory) for counters and bans that lives in the process. It knows no
//! web framework and no async runtime.

pub mod clock;
pub mod memory;

pub use clock::{ManualClock, SystemClock};
pub use memory::{MemoryStats, MemoryStore, MemoryStoreBuilder};
