//! The state that the engine keeps between requests, as data.
//!
//! The engine does not access storage. It describes the state it needs as a [`Batch`] of [`Op`]s, the driver passes the
//! batch to a [`StateStore`], and the engine evaluates the [`Replies`]. The meaning of a batch is defined by
//! [`reduce`](reduce::reduce), which every store must agree with: the in-memory store runs it, a remote store mirrors
//! it and is tested against it.
//!
//! All ops of a batch take effect; only their replies are ordered, and the first rejection decides. So a store may run
//! the ops in parallel, and the hits of a rejected client are still counted.

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
pub use op::{Batch, Consequence, Count, MAX_OPS, Op, Quota, Replies, Reply, throttle_quota};
pub use reduce::StateBackend;
pub use store::{
    BanCapacity, ListBansError, Listing, StateStore, StoreResponse, Unavailable, WindowCapacity,
};
