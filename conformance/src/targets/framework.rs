//! What every target with a framework does alike: it is told the time and what the handler answers, serves, and says what
//! guard and handler saw.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ipnet::IpNet;
use portcullis_core::{Config, Timestamp};

use super::guarded::Guarded;
use crate::target::{Observed, Target};
use crate::vector::WireRequest;

/// Status, headers and body of a response.
pub(super) type Answered = (u16, HeaderMap, Bytes);

/// A guarded service of a framework.
pub struct Framework<S> {
    pub(super) guarded: Guarded,
    pub(super) service: S,
}

/// How a request gets into a service and the response out of it.
pub(super) trait Serve {
    /// Serve a request; `None` when it cannot even be put to the framework.
    fn serve(&mut self, guarded: &Guarded, request: &WireRequest) -> Option<Answered>;
}

impl<S: Serve> Target for Framework<S> {
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observed {
        self.guarded.set(at);
        self.guarded.witness.instruct(request.answer.as_deref());
        let answered = self.service.serve(&self.guarded, request);
        let (handler, report) = self.guarded.witness.testify();
        let (status, headers, body) = answered.unwrap_or((400, HeaderMap::new(), Bytes::new()));
        Observed { status, headers, body, handler, report }
    }

    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.guarded.ban(at, target, term)
    }

    fn unban(&mut self, at: Timestamp, target: IpNet) {
        self.guarded.unban(at, target);
    }

    fn reload(&mut self, config: Config) -> bool {
        self.guarded.reload(config)
    }

    fn rules(&mut self, at: Timestamp, document: &str) -> bool {
        self.guarded.rules(at, document)
    }

    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool {
        self.guarded.is_banned(at, address)
    }
}
