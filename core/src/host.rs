//! Hosts in requests: `Host`, `:authority`, the request target and `Referer`.
//!
//! A host is a DNS name, an IPv4 address or an IPv6 literal. Other text is not parsed, and never echoed. Names are
//! compared case-insensitively and without the trailing dot of the root, literals by their address.

use core::fmt;
use core::net::Ipv6Addr;
use core::str;

/// Maximum bytes of a name (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// Maximum bytes of a label (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

/// A host.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host<'t> {
    /// A name or an IPv4 address, without the trailing dot.
    Name(&'t str),
    /// An IPv6 literal.
    V6(Ipv6Addr),
}

/// A host with an optional port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority<'t> {
    pub(crate) host: Host<'t>,
    pub(crate) port: Option<u16>,
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::V6(a), Self::V6(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.chars().try_for_each(|c| write!(f, "{}", c.to_ascii_lowercase())),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl<'t> Host<'t> {
    /// Parse the whole text as a host.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        if let Some(literal) = text.strip_prefix('[') {
            return literal.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        // One pass, because it runs for every request.
        let mut label = 0;
        for byte in name.bytes() {
            match byte {
                b'.' if label > 0 => label = 0,
                b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if label < MAX_LABEL => label += 1,
                _ => return None,
            }
        }
        (label > 0 && name.len() <= MAX_NAME).then_some(Self::Name(name))
    }

    /// Whether this is a subdomain of `domain`, which has no leading dot.
    pub(crate) fn is_below(self, domain: &str) -> bool {
        let Self::Name(name) = self else { return false };
        let Some(at) = name.len().checked_sub(domain.len() + 1) else { return false };
        // Names are ASCII, so every index is a character boundary.
        let (front, back) = name.split_at(at);
        !front.is_empty() && back.strip_prefix('.').is_some_and(|below| below.eq_ignore_ascii_case(domain))
    }

    /// Whether both hosts belong to one site. An estimate without the Public Suffix List: one is a subdomain of the
    /// other, or both are direct subdomains of a domain that does not look like a public suffix such as `co.uk`.
    pub(crate) fn is_same_site(self, other: Self) -> bool {
        let (Self::Name(one), Self::Name(two)) = (self, other) else { return self == other };
        let above = |name: &'t str| {
            name.split_once('.').map(|(_, above)| above).filter(|above| is_registrable(above))
        };
        let siblings = above(one).zip(above(two)).is_some_and(|(one, two)| one.eq_ignore_ascii_case(two));
        self == other || self.is_below(two) || other.is_below(one) || siblings
    }
}

/// Whether a domain is likely registrable: two labels or more, not an address, and not like `co.uk`.
fn is_registrable(domain: &str) -> bool {
    let Some((label, top)) = domain.split_once('.') else { return false };
    let shared = label.len() <= 3 && top.len() == 2;
    !shared && !domain.ends_with(|last: char| last.is_ascii_digit())
}

impl<'t> Authority<'t> {
    /// Parse `host` or `host:port`. User information is rejected (RFC 9110 section 4.2.4).
    pub(crate) fn parse(text: &'t [u8]) -> Option<Self> {
        let literal = if text.first() == Some(&b'[') { memchr::memchr(b']', text)? } else { 0 };
        let colon = memchr::memchr(b':', &text[literal..]).map_or(text.len(), |at| literal + at);
        let host = str::from_utf8(&text[..colon]).ok()?;
        let port = str::from_utf8(text.get(colon + 1..).unwrap_or_default()).ok()?;
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            "" => None,
            port if digits => Some(port.parse().ok()?),
            _ => return None,
        };
        Some(Self { host: Host::parse(host)?, port })
    }

    /// The authority of a URL of any scheme. As in browsers, a backslash ends it too.
    pub(crate) fn of_url(url: &'t [u8]) -> Option<Self> {
        let scheme = memchr::memmem::find(url, b"://")?;
        let rest = &url[scheme + 3..];
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\'));
        let authority = &rest[..end.unwrap_or(rest.len())];
        let user = memchr::memrchr(b'@', authority).map_or(0, |at| at + 1);
        Self::parse(&authority[user..])
    }
}

#[cfg(test)]
mod tests;
