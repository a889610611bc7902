//! The interface of what the vectors run on.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ipnet::IpNet;
use portcullis_core::event::Event;
use portcullis_core::{Config, Timestamp, Verdict};

use crate::vector::WireRequest;

/// Serves requests and an operator's commands at given instants.
///
/// Behind the guard is the echo handler: status 200 with the body of the request, a `content-type` of
/// `application/octet-stream`, a `referrer-policy` of `unsafe-url`, and as `x-route` the pattern of the matched route, or
/// `*` where none of the case's routes matches. A request with a `response` replaces the echo.
pub trait Target {
    /// Serve a request.
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observation;

    /// Ban a network; false when the target rejects the ban.
    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool;

    /// Lift the ban of exactly this network.
    fn unban(&mut self, at: Timestamp, target: IpNet);

    /// Replace the configuration; false when it is rejected, and then nothing has changed.
    fn reload(&mut self, config: Config) -> bool;

    /// Apply a document of dynamic rules; false when it is not newer, or is invalid.
    fn rules(&mut self, at: Timestamp, document: &str) -> bool;

    /// Whether an address is banned.
    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool;
}

/// The result of a request.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The body that the handler received; `None` when it did not run.
    pub handler: Option<Bytes>,
    /// The guard's report; `None` when the guard did not check the request.
    pub report: Option<Report>,
}

/// The guard's report about a request.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The client: an address, or `unknown`; `None` when the target does not report it.
    pub client: Option<String>,
    /// Class and rule of the finding.
    pub finding: Option<(String, String)>,
    /// The events.
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
