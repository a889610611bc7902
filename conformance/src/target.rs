//! What is held to the vectors.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ipnet::IpNet;
use portcullis_core::event::Event;
use portcullis_core::{Config, Timestamp, Verdict};

use crate::vector::WireRequest;

/// Something that serves requests and takes an operator's orders, at instants it is told.
///
/// Behind the guard stands the echo handler: it answers 200 with the body it was given, a `content-type` of
/// `application/octet-stream`, a `referrer-policy` of `unsafe-url`, and as `x-route` the pattern of the route that the
/// request was served by, or `*` for none of those that the case names. Where a request says what the handler answers, it
/// answers that.
pub trait Target {
    /// Serve a request.
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observed;

    /// Ban a network; false when the target refuses to.
    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool;

    /// Lift the ban of exactly this network.
    fn unban(&mut self, at: Timestamp, target: IpNet);

    /// Serve under another configuration from now on; false when it is refused, and then nothing has changed.
    fn reload(&mut self, config: Config) -> bool;

    /// Put a document of dynamic rules into force; false when it is not news, or cannot be read or served.
    fn rules(&mut self, at: Timestamp, document: &str) -> bool;

    /// Whether an address is banned.
    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool;
}

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The body that the handler saw; `None` when it did not run.
    pub handler: Option<Bytes>,
    /// What the guard says about the request; `None` when it was never asked.
    pub report: Option<Report>,
}

/// What the guard says about a request.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Whose request it was: an address, or `unknown`; `None` when the target does not say.
    pub client: Option<String>,
    /// Class and rule of the finding.
    pub finding: Option<(String, String)>,
    /// What happened.
    pub events: Vec<Event>,
    /// Why something was not inspected.
    pub gaps: Vec<&'static str>,
}

impl From<&Verdict> for Report {
    fn from(verdict: &Verdict) -> Self {
        let finding = verdict.finding.as_ref();
        let client = verdict.client.address.map_or_else(|| "unknown".into(), |address| address.to_string());
        Self {
            client: Some(client),
            finding: finding.map(|finding| (finding.class.name().into(), finding.rule.clone().into_owned())),
            events: verdict.events.clone(),
            gaps: verdict.coverage.gaps.names().collect(),
        }
    }
}
