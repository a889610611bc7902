//! What all targets with a framework share: they set the clock and the handler's response, serve, and return what guard and
//! handler recorded.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ipnet::IpNet;
use portcullis_core::{Config, Timestamp};

use super::harness::GuardHarness;
use crate::target::{Observation, Target};
use crate::vector::WireRequest;

/// Status, headers and body of a response.
pub(super) type RawResponse = (u16, HeaderMap, Bytes);

/// A guarded service of a framework.
pub struct Framework<S> {
    pub(super) harness: GuardHarness,
    pub(super) service: S,
}

/// Passes a request to a service and returns the response.
pub(super) trait Serve {
    /// Serve a request; `None` when the framework cannot represent it.
    fn serve(&mut self, harness: &GuardHarness, request: &WireRequest) -> Option<RawResponse>;
}

impl<S: Serve> Target for Framework<S> {
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observation {
        self.harness.set(at);
        self.harness.recorder.set_response(request.response.as_deref());
        let response = self.service.serve(&self.harness, request);
        let (handler, report) = self.harness.recorder.take();
        let (status, headers, body) = response.unwrap_or((400, HeaderMap::new(), Bytes::new()));
        Observation { status, headers, body, handler, report }
    }

    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.harness.ban(at, target, term)
    }

    fn unban(&mut self, at: Timestamp, target: IpNet) {
        self.harness.unban(at, target);
    }

    fn reload(&mut self, config: Config) -> bool {
        self.harness.reload(config)
    }

    fn rules(&mut self, at: Timestamp, document: &str) -> bool {
        self.harness.rules(at, document)
    }

    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool {
        self.harness.is_banned(at, address)
    }
}
