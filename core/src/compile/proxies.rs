//! From `[client]` to [`Proxies`].

use alloc::vec::Vec;

use http::HeaderName;
use http::header::FORWARDED;

use crate::config::{Config, TrustedProxy};
use crate::net::Cidr;
use crate::rules::proxies::ForwardHeader;

/// The networks of trusted proxies, and whether peers without an address are trusted.
pub(super) fn proxies(config: &Config) -> (Vec<Cidr>, bool) {
    let trusted = &config.client.trusted_proxies;
    let networks = trusted.iter().filter_map(|proxy| match proxy {
        TrustedProxy::Network(network) => Some(*network),
        TrustedProxy::Unix => None,
    });
    (networks.collect(), trusted.contains(&TrustedProxy::Unix))
}

pub(super) fn forward_header(name: &HeaderName) -> ForwardHeader {
    if *name == FORWARDED { ForwardHeader::Forwarded } else { ForwardHeader::List(name.as_str().into()) }
}
