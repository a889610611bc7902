//! Advice for a service behind a proxy that its configuration does not name.
//!
//! Without `client.trusted_proxies` the proxy is the client: all users share its limits and its bans, and nothing fails. The
//! advice is logged once, when a request with a forwarding header comes from a private address. It changes no verdict.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_core::{Engine, Head, Peer};

/// The maximum number of requests from private addresses that are examined.
const MAX_EXAMINED: u32 = 1_000;
/// The headers by which proxies name the client.
const FORWARDING: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"];

/// Whether the advice was given, and how many more requests are examined.
#[derive(Debug)]
pub(crate) struct ProxyAdvice {
    left: AtomicU32,
}

impl Default for ProxyAdvice {
    fn default() -> Self {
        Self { left: AtomicU32::new(MAX_EXAMINED) }
    }
}

impl ProxyAdvice {
    /// Log the advice if this request calls for it.
    #[inline]
    pub(crate) fn examine(&self, engine: &Engine, head: &Head<'_>) {
        if let Peer::Address(address) = head.peer
            && is_private(address)
            && self.left.load(Ordering::Relaxed) > 0
        {
            self.examine_private(engine, head, address);
        }
    }

    #[cold]
    fn examine_private(&self, engine: &Engine, head: &Head<'_>, address: IpAddr) {
        // Concurrent requests may examine a few more.
        self.left.fetch_sub(1, Ordering::Relaxed);
        if !engine.config().client.trusted_proxies.is_empty() {
            self.left.store(0, Ordering::Relaxed);
            return;
        }
        let mut forwarding = None;
        head.headers.for_each(&mut |name, _| {
            forwarding = forwarding.or(FORWARDING.into_iter().find(|known| name.eq_ignore_ascii_case(known)));
        });
        if let Some(header) = forwarding {
            self.left.store(0, Ordering::Relaxed);
            tracing::warn!(
                target: "portcullis",
                "requests come from {address} with the header `{header}`: if it is a proxy, name it in \
                 `client.trusted_proxies`; otherwise all its users share the limits and bans of one client"
            );
        }
    }
}

/// Whether an address is one of proxies and load balancers rather than of users.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    }
}
