//! The source of client addresses, compiled: the trusted proxies and the header that they set.

use alloc::string::String;

use crate::net::IpSet;

/// The trusted proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proxies {
    pub(crate) trusted: IpSet,
    pub(crate) trust_unix: bool,
    /// The entry that is the client, counted from the right; at least 1.
    pub(crate) depth: usize,
    pub(crate) header: ForwardHeader,
    pub(crate) trust_proto: bool,
}

/// The header with the address of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForwardHeader {
    /// A comma-separated list of addresses, or a single one: `X-Forwarded-For`, `X-Real-IP`, a CDN's header.
    List(String),
    /// `Forwarded` of RFC 7239.
    Forwarded,
}

impl ForwardHeader {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::List(name) => name,
            Self::Forwarded => "forwarded",
        }
    }
}
