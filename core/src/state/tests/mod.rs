//! The laws of counters, bans and keys, tried against the exact log.

mod ban;
mod key;
mod reduce;
mod window;
