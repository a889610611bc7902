//! From `[client]` to [`Proxies`].

use alloc::format;
use alloc::vec::Vec;

use crate::config::{Config, ConfigErrors, TrustedProxy};
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

pub(super) fn forward_header(name: &str, errors: &mut ConfigErrors) -> ForwardHeader {
    if name.eq_ignore_ascii_case("forwarded") {
        return ForwardHeader::Forwarded;
    }
    if http::HeaderName::try_from(name).is_err() {
        errors.push("client.header", format!("`{name}` is not a header name"));
    }
    ForwardHeader::List(name.to_ascii_lowercase())
}
