//! Callbacks of the application: verifiers and hooks, recognisers, modifiers of responses, and reports of blocked requests.

pub(crate) mod block_report;
pub(crate) mod hook;
pub(crate) mod modify;
pub(crate) mod recogniser;
