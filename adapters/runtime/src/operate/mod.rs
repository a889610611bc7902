//! Operating a guard: reloads, bans by hand, counts of the application, dynamic rules, configuration files, and the status.

pub(crate) mod bans;
pub(crate) mod count;
pub(crate) mod reload;
pub(crate) mod rules;
pub mod status;
pub(crate) mod watch;
