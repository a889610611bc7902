//! Rules about many requests of one client: their number, and the responses to them.
//!
//! `usage` and `frequency` rules are strikes in the first batch of every request: the store counts and applies the
//! consequence in one step. Return patterns are strikes after the handler, by the status and, with `inspect_responses`,
//! by the first bytes of the body. Every rule has its own counter for each client network: over all paths for a rule of
//! the configuration, over the routes of its policy for a rule of a policy. The batch has one lookup for each throttle
//! duration, whatever the number of rules.
//!
//! These rules never delay a response, read no more of it than its prefix, and do not apply to clients that are exempt from
//! limits.

mod arrival;
pub(crate) mod outcome;
pub(crate) mod response;
pub(crate) mod violation;

pub(crate) use arrival::{add_ops, apply_throttle, apply_usage_reply};
