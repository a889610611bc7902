//! The fairing: a guard, a policy, and the sources of the address and of TLS.

use portcullis_runtime::{Guard, Peer, PolicyHandle};
use rocket::Request;

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `remote` on a request of the local client, or set \
     the source of the address with `GuardFairing::peer_from`";

/// The rank of the fallback routes, after all others.
pub(crate) const LAST: isize = isize::MAX;

/// Guards routes, and as a fairing adds headers to their responses. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardFairing {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: fn(&Request<'_>) -> Peer,
    pub(crate) tls: fn(&Request<'_>) -> bool,
}

impl GuardFairing {
    /// A fairing that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: connection, tls: |_| false }
    }

    /// Apply this policy in addition.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, for connections without an address. Do not read headers in it: the guard
    /// reads forwarding headers itself, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Request<'_>) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, for servers that terminate it: `.tls_from(|_| true)`. If a proxy terminates TLS,
    /// set `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&Request<'_>) -> bool) -> Self {
        self.tls = tls;
        self
    }
}

fn connection(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
}

/// Managed state that marks the fairing as attached.
pub(crate) struct FairingMarker;
