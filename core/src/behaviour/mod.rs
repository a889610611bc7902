//! Rules over many requests of one client: how often it asks, and what it is answered.
//!
//! `usage` and `frequency` rules are strikes in the batch that every request begins with: counting and what follows from
//! it are one step. Return patterns are strikes after the handler, decided by the status and, where `inspect_responses`
//! says so, by the first bytes of the body. Every rule has a counter of its own: a client network under the rule, over all
//! paths for a rule of the configuration, over the routes of its policy for a rule of a policy. A throttled client stands
//! under a hold that the batch looks at: one look for each length of throttling, however many rules there are.
//!
//! What this never does: delay a response, see more of it than its prefix, or act on clients that are exempt from limits.

mod arrival;
pub(crate) mod outcome;
pub(crate) mod response;
pub(crate) mod violation;

pub(crate) use arrival::{add_ops, apply_throttle, judge_usage};
