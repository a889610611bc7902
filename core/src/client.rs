//! The client of a request.

use core::net::IpAddr;

/// The client of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The client's address, folded; `None` for a connection without one.
    pub address: Option<IpAddr>,
    /// Whether the client's own connection was HTTPS.
    pub secure: bool,
    /// Whether a forwarding header came from a peer that is not trusted, and was ignored.
    pub spoofed: bool,
}
