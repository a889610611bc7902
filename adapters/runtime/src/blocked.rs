//! `on_block`: the application is told of every refusal, and in passive mode of every check that would have refused.
//!
//! The function runs on a thread of its own behind a bounded queue, so it may write to a database and takes no time from
//! any request. It gets what the family's hook gets, and the reference id with it; a path is printable and without its
//! query.

use std::net::IpAddr;

use portcullis_core::{Check, Head, Objected, Reference};

/// Refusals that wait for the function before more are dropped and counted.
pub const BLOCKED_QUEUE: usize = 1024;
/// Bytes of a path and a method that are kept.
const TEXT: usize = 256;

/// A refusal, or a check that objected and was not to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocked {
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
    /// The path, without the query.
    pub path: String,
    /// The method.
    pub method: String,
    /// The status of the check; `None` where the request was let pass.
    pub status_code: Option<u16>,
    /// The id that stands in the response and in the events.
    pub reference: Option<Reference>,
}

impl Blocked {
    pub(crate) fn new(
        objected: Objected,
        head: &Head<'_>,
        client_ip: Option<IpAddr>,
        reference: Option<Reference>,
    ) -> Self {
        Self {
            check: objected.check,
            reason: objected.reason,
            trigger_info: objected.trigger,
            passive_mode: objected.spared,
            client_ip,
            path: printable(head.path),
            method: printable(head.method),
            status_code: (!objected.spared).then_some(objected.status),
            reference,
        }
    }
}

/// Without control characters, which would write lines into somebody's log.
fn printable(text: &str) -> String {
    let clean = text.chars().flat_map(|char| {
        let escaped = char.is_control().then(|| char.escape_unicode());
        let plain = escaped.is_none().then_some(char);
        escaped.into_iter().flatten().chain(plain)
    });
    clean.take(TEXT).collect()
}
