//! Code that the targets share: requests as text, so that seeds come from the conformance vectors and are readable.

use std::net::IpAddr;

use portcullis_core::{Head, Peer};

/// A request as a few lines: method and target, headers, an empty line, the body. Every text is a request.
#[derive(Debug, Default)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Read a request; a line that is not text, or without a colon, is a header without a name.
    #[must_use]
    pub fn read(text: &'a [u8]) -> Self {
        let (first, mut rest) = line(text);
        let (method, target) = str(first).split_once(' ').unwrap_or(("GET", str(first)));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let mut headers = Vec::new();
        loop {
            let (header, after) = line(rest);
            rest = after;
            if header.is_empty() {
                return Self { method, path, query, headers, body: rest };
            }
            let colon = header.iter().position(|byte| *byte == b':').unwrap_or(0);
            let (name, value) = header.split_at(colon);
            headers.push((str(name), value.get(1..).unwrap_or_default()));
        }
    }

    /// Its head, from `peer`.
    #[must_use]
    pub fn head(&self, peer: Peer) -> Head<'_> {
        Head::new(self.method, self.path, &self.headers)
            .query(self.query)
            .peer(peer)
            .has_body(!self.body.is_empty())
            .sample_info_events(true)
    }
}

/// The peer of this address, or a socket without one.
#[must_use]
pub fn peer(octets: Option<[u8; 16]>) -> Peer {
    octets.map_or(Peer::Unix, |octets| Peer::Address(IpAddr::from(octets)))
}

fn line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

fn str(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Up to the first byte that is not text: targets and names are text in every framework.
        Err(error) => str(&bytes[..error.valid_up_to()]),
    }
}
