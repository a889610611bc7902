//! `on_block`: the application is told of every refusal, and in passive mode of every check that would have refused.
//!
//! The function runs on a thread of its own behind a bounded queue, so it may write to a database and takes no time from
//! any request. It gets what the family's hook gets, and the reference id with it; a path is printable and without its
//! query and its secrets.

use std::net::IpAddr;

use portcullis_core::redact::Redact;
use portcullis_core::{Check, Head, ReferenceId, Rejection};

/// Refusals that wait for the function before more are dropped and counted.
pub const BLOCKED_QUEUE: usize = 1024;
/// Bytes of a path and a method that are kept.
const TEXT: usize = 256;

/// A refusal, or a check that objected and was not to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockReport {
    /// The check.
    pub check: Check,
    /// Why, in one line.
    pub reason: String,
    /// What an attack was told by; empty for everything else.
    pub trigger_info: String,
    /// Whether the request was let pass: passive mode, or a check in shadow.
    pub passive_mode: bool,
    /// The client, where it has an address.
    pub client_ip: Option<IpAddr>,
    /// The path, without the query and without secrets.
    pub path: String,
    /// The method.
    pub method: String,
    /// The status of the check; `None` where the request was let pass.
    pub status_code: Option<u16>,
    /// The id that stands in the response and in the events.
    pub reference: Option<ReferenceId>,
}

impl BlockReport {
    pub(crate) fn new(
        objected: Rejection,
        head: &Head<'_>,
        redact: Redact<'_>,
        client_ip: Option<IpAddr>,
        reference: Option<ReferenceId>,
    ) -> Self {
        Self {
            check: objected.check,
            reason: objected.reason,
            trigger_info: objected.trigger,
            passive_mode: objected.report_only,
            client_ip,
            path: cut(redact.path(head.path)),
            method: cut(redact.text(head.method.as_bytes())),
            status_code: (!objected.report_only).then_some(objected.status),
            reference,
        }
    }
}

fn cut(text: String) -> String {
    if text.len() > TEXT { text.chars().take(TEXT).collect() } else { text }
}
