//! The middleware: a guard, a policy, and the sources of the address and of TLS.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;
use portcullis_runtime::{Guard, Peer, PolicyHandle};

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `peer_addr` on a test request, or set the source of \
     the address with `GuardMiddleware::peer_from`";

type PeerSource = dyn Fn(&HttpRequest) -> Peer + Send + Sync;
type TlsSource = dyn Fn(&HttpRequest) -> bool + Send + Sync;

/// Guards the routes it wraps. Cheap to clone; clones share one guard.
#[derive(Clone)]
pub struct GuardMiddleware {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: Arc<PeerSource>,
    pub(crate) tls: Arc<TlsSource>,
}

impl GuardMiddleware {
    /// A middleware that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self {
            guard: guard.clone(),
            policy: None,
            peer: Arc::new(connection),
            tls: Arc::new(|request| request.app_config().secure()),
        }
    }

    /// Apply this policy in addition to the configuration. It replaces one that was set before.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, for connections without an address: [`Peer::Unix`] for a Unix socket. Do
    /// not read headers in it: the guard reads forwarding headers itself, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: impl Fn(&HttpRequest) -> Peer + Send + Sync + 'static) -> Self {
        self.peer = Arc::new(peer);
        self
    }

    /// Whether the connection itself is TLS, if Actix does not terminate it. If a proxy terminates TLS, set
    /// `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: impl Fn(&HttpRequest) -> bool + Send + Sync + 'static) -> Self {
        self.tls = Arc::new(tls);
        self
    }
}

impl fmt::Debug for GuardMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardMiddleware")
            .field("guard", &self.guard)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn connection(request: &HttpRequest) -> Peer {
    request.peer_addr().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
}
