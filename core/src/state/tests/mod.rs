//! The laws of counters, bans and keys, tested against the exact log.

mod ban;
mod key;
mod reduce;
mod window;
