//! Counters and bans in a file: what a [`StateStore`](portcullis_core::StateStore) of one's own looks like.
//!
//! [`RedbStore`] keeps them in a [redb](https://docs.rs/redb) database, so that they outlive the process. It is written to
//! be copied: the parts that another database would need are
//!
//! - `cells`: one counter and one ban at a time, as the specification asks for them, and what to do without room;
//! - `worker`: a thread that does all reading and writing, so that no async worker ever waits for a disk;
//! - `store`: the trait, which only passes batches to that thread, through a queue with a bound.
//!
//! Whether it is right is not for it to say: `tests/contract.rs` holds it to the contract of all stores.
//!
//! The file holds addresses of clients in the clear, and everything else that clients are counted by as a digest: give it
//! to nobody who may not read your access log.

mod cells;
mod store;
mod worker;

pub use store::{Limits, RedbStore};
