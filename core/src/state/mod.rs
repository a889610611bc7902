//! What the engine remembers between requests, as data.
//!
//! The engine never touches storage. It describes what it needs as a [`Batch`] of [`Op`]s, the driver hands that to a
//! [`StateStore`], and the engine judges the [`Replies`]. What a batch *means* is fixed by [`reduce`](reduce::reduce),
//! which every store must agree with: the in-memory store runs it, a remote store mirrors it and is tested against it.
//!
//! All ops of a batch take effect; only their replies are ordered, and the first refusal decides. That lets a store run
//! the ops in parallel, and it means that a refused client keeps being counted.

pub mod ban;
mod key;
pub mod model;
mod op;
pub mod reduce;
mod store;
#[cfg(test)]
mod tests;
pub mod window;

pub use key::{ClientKey, Key, Scope, Subject};
pub use op::{Batch, Consequence, Count, MAX_OPS, Op, Quota, Replies, Reply, hold};
pub use reduce::StateBackend;
pub use store::{BanCapacity, ListBansError, Listing, StateStore, StoreResponse, Unavailable};
