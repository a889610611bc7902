//! Client identification: the address, and whether the request reached the site over HTTPS.
//!
//! Only the address of the peer cannot be forged. The forwarding header replaces it only if the peer is a trusted
//! proxy. Only the configured header is read, and from the right: each proxy appends, so entries that the client wrote
//! itself are to the left of those of the trusted proxies. All lines of the header form one list, in wire order. An
//! entry that does not parse falls back to the peer, never to "no client".

use crate::client::Client;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use arrayvec::ArrayVec;

use crate::net::parse_forwarded;
use crate::request::head::{HeaderFields, Peer};
use crate::rules::proxies::{ForwardHeader, Proxies};

/// Maximum lines of the forwarding header that are read, counted from the last.
const MAX_LINES: usize = 16;
/// Maximum entries of it in a report.
const MAX_REPORTED: usize = 8;

type Chain<'r> = ArrayVec<&'r [u8], MAX_LINES>;

impl Proxies {
    /// The client of a request with this peer and these headers.
    pub(crate) fn client(&self, peer: Peer, tls: bool, headers: &(dyn HeaderFields + '_)) -> Client {
        let peer_address = match peer {
            Peer::Address(address) => Some(address.to_canonical()),
            Peer::Unix | Peer::Missing(_) => None,
        };
        let trusted = match peer_address {
            Some(address) => self.trusted.contains(address),
            None => self.trust_unix && peer == Peer::Unix,
        };
        if self.trusted.is_empty() && !self.trust_unix {
            // Without trusted proxies the header is ignored, and not reported as spoofed.
            return Client { address: peer_address, secure: tls, spoofed: false };
        }
        let (chain, protocols) = self.lines(headers);
        if !trusted {
            return Client { address: peer_address, secure: tls, spoofed: !chain.is_empty() };
        }
        let (named, hops) = match self.header {
            ForwardHeader::Forwarded => {
                self.select(|| elements(&chain).map(|element| address_of(parameter(element, b"for"))))
            }
            ForwardHeader::List(_) => self.select(|| entries(&chain).map(address_of)),
        };
        let secure = tls || (self.trust_proto && self.is_https(&chain, &protocols, hops));
        Client { address: named.or(peer_address), secure, spoofed: false }
    }

    /// The lines of the forwarding header and of `X-Forwarded-Proto`, the last [`MAX_LINES`] of each.
    fn lines<'r>(&self, headers: &'r (dyn HeaderFields + 'r)) -> (Chain<'r>, Chain<'r>) {
        let (mut chain, mut protocols) = (Chain::new(), Chain::new());
        let name = self.header.name();
        headers.for_each(&mut |line, value| {
            if line.len() == name.len() && line.eq_ignore_ascii_case(name) {
                push_last(&mut chain, value);
            } else if self.trust_proto && line.eq_ignore_ascii_case("x-forwarded-proto") {
                push_last(&mut protocols, value);
            }
        });
        (chain, protocols)
    }

    /// The forwarding header in one line for a report: its name and its last entries, with `[REDACTED]` in place of
    /// entries that are not addresses.
    pub(crate) fn forwarding_summary(&self, headers: &(dyn HeaderFields + '_)) -> String {
        let (chain, _) = self.lines(headers);
        let mut reported: ArrayVec<Option<IpAddr>, MAX_REPORTED> = match self.header {
            ForwardHeader::Forwarded => {
                let elements = elements(&chain).take(MAX_REPORTED);
                elements.map(|element| address_of(parameter(element, b"for"))).collect()
            }
            ForwardHeader::List(_) => entries(&chain).take(MAX_REPORTED).map(address_of).collect(),
        };
        reported.reverse();
        let text =
            |entry: &Option<IpAddr>| entry.map_or_else(|| "[REDACTED]".into(), |entry| entry.to_string());
        let list: Vec<String> = reported.iter().map(text).collect();
        format!("{} header {}", self.header.title(), list.join(", "))
    }

    /// The entry `depth` from the right; if an entry to its right is not a trusted proxy, the first such entry. Also
    /// the number of entries read: trusted proxies wrote these, and no others.
    fn select<'c, I>(&self, chain: impl Fn() -> I) -> (Option<IpAddr>, usize)
    where
        I: Iterator<Item = Option<IpAddr>> + 'c,
    {
        let nearer = chain().take(self.depth - 1);
        for (at, entry) in nearer.enumerate() {
            match entry {
                Some(address) if self.trusted.contains(address) => {}
                // The request passed fewer proxies than configured, or an entry is malformed.
                other => return (other, at + 1),
            }
        }
        (chain().nth(self.depth - 1).flatten(), self.depth)
    }

    /// Whether the outermost trusted proxy received HTTPS: the entry `hops` from the right, or the leftmost of a
    /// shorter list.
    fn is_https(&self, chain: &Chain<'_>, protocols: &Chain<'_>, hops: usize) -> bool {
        let protocol = match self.header {
            ForwardHeader::Forwarded => {
                elements(chain).take(hops).filter_map(|e| parameter(e, b"proto")).last()
            }
            ForwardHeader::List(_) => entries(protocols).take(hops).last(),
        };
        protocol.is_some_and(|protocol| unquoted(protocol).eq_ignore_ascii_case(b"https"))
    }
}

impl ForwardHeader {
    /// The name as it is usually written, such as `X-Forwarded-For`.
    fn title(&self) -> String {
        let parts = self.name().split('-').map(|part| {
            let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
            first.to_ascii_uppercase() + rest
        });
        parts.collect::<Vec<String>>().join("-")
    }
}

fn push_last<'r>(lines: &mut Chain<'r>, value: &'r [u8]) {
    if lines.is_full() {
        lines.remove(0);
    }
    lines.push(value);
}

/// Entries of a list header from the right. Empty ones are skipped, as RFC 9110 section 5.6.1 requires of recipients.
fn entries<'c>(lines: &'c Chain<'_>) -> impl Iterator<Item = &'c [u8]> {
    let split = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    split.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty())
}

/// Elements of `Forwarded` (RFC 7239) from the right. A quoted comma does not separate. The scan runs from the right,
/// so a quoted string begins at its closing quote; an escaped quote is part of the value.
fn elements<'c>(lines: &'c Chain<'_>) -> impl Iterator<Item = &'c [u8]> {
    let split = lines.iter().rev().flat_map(|line| {
        let (mut quoted, mut at) = (false, line.len());
        line.rsplit(move |byte| {
            at -= 1;
            quoted ^= *byte == b'"' && !is_escaped(line, at);
            *byte == b',' && !quoted
        })
    });
    split.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// Whether the byte at `at` is escaped: an odd number of backslashes precedes it.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The value of a parameter of a `Forwarded` element. A quoted semicolon does not separate: proxies quote the `Host` of
/// the client.
fn parameter<'e>(element: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    let (mut quoted, mut next) = (false, 0);
    let mut pairs = element.split(move |byte| {
        next += 1;
        quoted ^= *byte == b'"' && !is_escaped(element, next - 1);
        *byte == b';' && !quoted
    });
    pairs.find_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (pair.get(..equals)?, pair.get(equals + 1..)?);
        key.trim_ascii().eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

fn address_of<'e>(entry: impl Into<Option<&'e [u8]>>) -> Option<IpAddr> {
    entry.into().and_then(parse_forwarded)
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

#[cfg(test)]
mod tests;
