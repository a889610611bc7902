//! `on_block`: a function of the application that is called for every rejection, and in passive mode for every check that
//! would have rejected.
//!
//! The function runs on a separate thread behind a bounded queue, so it may write to a database without delaying a request.
//! It receives the fields of the Guard family's hook and the reference id. Paths are printable, without query and secrets.

use std::net::IpAddr;

use portcullis_core::redact::Redact;
use portcullis_core::{Check, Head, ReferenceId, Rejection};

/// The capacity of the queue of reports; further reports are dropped and counted.
pub const BLOCKED_QUEUE: usize = 1024;
/// The maximum number of characters of a path and a method.
const MAX_TEXT: usize = 256;

/// A rejection, or a check in report-only mode that would have rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockReport {
    /// The check.
    pub check: Check,
    /// The reason, in one line.
    pub reason: String,
    /// The finding that identified an attack; empty for other checks.
    pub trigger_info: String,
    /// Whether the request was allowed: passive mode, or a check in report-only mode.
    pub passive_mode: bool,
    /// The address of the client, if it has one.
    pub client_ip: Option<IpAddr>,
    /// The path, without the query and without secrets.
    pub path: String,
    /// The method.
    pub method: String,
    /// The status of the check; `None` if the request was allowed.
    pub status_code: Option<u16>,
    /// The reference id, as in the response and in the events.
    pub reference: Option<ReferenceId>,
}

impl BlockReport {
    pub(crate) fn new(
        rejection: Rejection,
        head: &Head<'_>,
        redact: Redact<'_>,
        client_ip: Option<IpAddr>,
        reference: Option<ReferenceId>,
    ) -> Self {
        Self {
            check: rejection.check,
            reason: rejection.reason,
            trigger_info: rejection.trigger,
            passive_mode: rejection.report_only,
            client_ip,
            path: truncate(redact.path(head.path)),
            method: truncate(redact.text(head.method.as_bytes())),
            status_code: (!rejection.report_only).then_some(rejection.status),
            reference,
        }
    }
}

fn truncate(text: String) -> String {
    if text.len() > MAX_TEXT { text.chars().take(MAX_TEXT).collect() } else { text }
}
