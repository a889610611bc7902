//! The fairing: a guard, a policy, and the sources of the address and of TLS.

use std::fmt;
use std::sync::Arc;

use portcullis_runtime::{Guard, Peer, PolicyHandle};
use rocket::Request;

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `remote` on a request of the local client, or set \
     the source of the address with `GuardFairing::peer_from`";

/// The rank of the fallback routes, after all others.
pub(crate) const LAST: isize = isize::MAX;

type PeerSource = dyn Fn(&Request<'_>) -> Peer + Send + Sync;
type TlsSource = dyn Fn(&Request<'_>) -> bool + Send + Sync;

/// Guards routes, and as a fairing adds headers to their responses. Cheap to clone; clones share one guard.
#[derive(Clone)]
pub struct GuardFairing {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: Arc<PeerSource>,
    pub(crate) tls: Arc<TlsSource>,
}

impl GuardFairing {
    /// A fairing that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: Arc::new(connection), tls: Arc::new(|_| false) }
    }

    /// Apply this policy in addition to the configuration. It replaces one that was set before.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, for connections without an address. Do not read headers in it: the guard
    /// reads forwarding headers itself, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: impl Fn(&Request<'_>) -> Peer + Send + Sync + 'static) -> Self {
        self.peer = Arc::new(peer);
        self
    }

    /// Whether the connection itself is TLS, for servers that terminate it: `.tls_from(|_| true)`. If a proxy terminates TLS,
    /// set `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: impl Fn(&Request<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.tls = Arc::new(tls);
        self
    }
}

impl fmt::Debug for GuardFairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFairing")
            .field("guard", &self.guard)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn connection(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
}

/// Managed state that marks the fairing as attached.
pub(crate) struct FairingMarker;
