//! Operating a guard: reloads, bans by hand, dynamic rules, configuration files, and the status.

pub(crate) mod bans;
pub(crate) mod reload;
pub(crate) mod rules;
pub mod status;
pub(crate) mod watch;
