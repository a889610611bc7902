//! From `[client]` to [`Proxies`].

use alloc::format;
use alloc::vec::Vec;

use crate::config::{Config, ConfigErrors};
use crate::net::Cidr;
use crate::rules::proxies::ForwardHeader;

pub(super) fn proxies(config: &Config, errors: &mut ConfigErrors) -> (Vec<Cidr>, bool) {
    let mut networks = Vec::new();
    let mut unix = false;
    for (index, entry) in config.client.trusted_proxies.iter().enumerate() {
        match entry.parse::<Cidr>() {
            Ok(cidr) => networks.push(cidr),
            Err(_) if entry == "unix" => unix = true,
            Err(error) => {
                errors.push(format!("client.trusted_proxies[{index}]"), format!("{error}, or `unix`"));
            }
        }
    }
    (networks, unix)
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
