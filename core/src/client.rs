//! The client of a request: its address and transport.

use core::net::IpAddr;

/// The client of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The address, with IPv4-mapped IPv6 as IPv4; `None` for a connection without an address.
    pub address: Option<IpAddr>,
    /// Whether the connection of the client was HTTPS.
    pub secure: bool,
    /// Whether a forwarding header from an untrusted peer was ignored.
    pub spoofed: bool,
}
