//! Operating a guard: bans by hand, dynamic rules, configuration files, counters, the status, and events for sinks.

pub(crate) mod bans;
pub(crate) mod counters;
pub mod envelope;
pub(crate) mod recent;
pub(crate) mod rules;
pub mod sink;
pub mod status;
pub(crate) mod watch;
