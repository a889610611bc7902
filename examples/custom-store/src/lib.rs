//! Counters and bans in a file: an example of a custom [`StateStore`](portcullis_core::StateStore).
//!
//! [`RedbStore`] keeps them in a [redb](https://docs.rs/redb) database, so that they survive a restart. It is written to be
//! copied: the parts that another database needs are
//!
//! - `backend`: single counters and bans, as the specification requires them, and the behaviour at capacity;
//! - `worker`: a thread that does all reading and writing, so that no async worker ever waits for a disk;
//! - `store`: the trait, which only passes batches to that thread, through a bounded queue.
//!
//! `tests/contract.rs` tests it against the contract of all stores.
//!
//! The file has addresses of clients in the clear, and other keys of clients as digests: protect it like your access log.

mod backend;
mod store;
mod worker;

pub use store::{Limits, RedbStore};
