//! Hosts as requests name them: in `Host`, `:authority`, the target and `Referer`.
//!
//! Only what can stand in DNS, an IPv4 address or an IPv6 literal is a host here; anything else is nobody's name and never
//! echoed. Names are compared in any case and without the dot of the root, literals by their address.

use core::fmt;
use core::net::Ipv6Addr;
use core::str;

/// The longest name (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// The longest label.
const MAX_LABEL: usize = 63;

/// A host.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host<'t> {
    /// A name or an IPv4 address, without the dot of the root.
    Name(&'t str),
    /// An IPv6 literal.
    V6(Ipv6Addr),
}

/// A host with the port that stands behind it.
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
    /// The host that this text is, all of it.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        if let Some(literal) = text.strip_prefix('[') {
            return literal.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let label = |label: &str| {
            let named = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            named && (1..=MAX_LABEL).contains(&label.len())
        };
        (name.len() <= MAX_NAME && name.split('.').all(label)).then_some(Self::Name(name))
    }

    /// Whether this is a name below `domain`, which has no dot in front.
    pub(crate) fn is_below(self, domain: &str) -> bool {
        let Self::Name(name) = self else { return false };
        let Some(at) = name.len().checked_sub(domain.len() + 1) else { return false };
        // Names are ASCII, so that every index is the start of a character.
        let (front, back) = name.split_at(at);
        !front.is_empty()
            && back.strip_prefix('.').is_some_and(|below| below.eq_ignore_ascii_case(domain))
    }
}

impl<'t> Authority<'t> {
    /// `host` or `host:port`. User information is none of it (RFC 9110 section 4.2.4).
    pub(crate) fn parse(text: &'t [u8]) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        let colon = match text.rfind(']') {
            Some(end) => text[end..].find(':').map(|at| at + end),
            None => text.find(':'),
        };
        let (host, port) = match colon {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, ""),
        };
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            "" => None,
            port if digits => Some(port.parse().ok()?),
            _ => return None,
        };
        Some(Self { host: Host::parse(host)?, port })
    }

    /// The host of a URL, whatever its scheme: read as browsers do, for which a backslash ends it too.
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
mod tests {
    use super::*;
    use std::string::ToString as _;

    fn parsed(text: &str) -> Option<(std::string::String, Option<u16>)> {
        Authority::parse(text.as_bytes()).map(|authority| (authority.host.to_string(), authority.port))
    }

    #[test]
    fn hosts_are_names_addresses_and_literals_and_nothing_else() {
        for (text, host, port) in [
            ("example.com", "example.com", None),
            ("EXAMPLE.com.:8080", "example.com", Some(8080)),
            ("example.com:", "example.com", None),
            ("192.0.2.1:80", "192.0.2.1", Some(80)),
            ("[2001:DB8::1]", "[2001:db8::1]", None),
            ("[::1]:8443", "[::1]", Some(8443)),
            ("a_b-c", "a_b-c", None),
        ] {
            assert_eq!(parsed(text), Some((host.into(), port)), "{text}");
        }
        for text in [
            "", ".", "a..b", "a b", "user@example.com", "example.com:http", "example.com:99999", "example.com:+1",
            "example.com/evil", "example.com\r\nx: y", "[::1", "[::1]x", "::1", "[192.0.2.1]", "exämple.com", "a%2eb",
            "a,b", "evil.com\\", "a:1:2",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert!(Authority::parse(b"a\xff").is_none());
        assert!(Host::parse(&"a".repeat(64)).is_none() && Host::parse(&"a.".repeat(127)).is_none());
    }

    #[test]
    fn below_means_another_label_in_front() {
        for (name, below) in [
            ("a.example.com", true),
            ("A.B.Example.COM.", true),
            ("example.com", false),
            ("notexample.com", false),
            ("example.com.evil", false),
            ("com", false),
        ] {
            assert_eq!(Host::parse(name).unwrap().is_below("example.com"), below, "{name}");
        }
        assert!(!Host::parse("[::1]").unwrap().is_below("1"));
    }

    #[test]
    fn the_host_of_a_url_is_what_a_browser_would_ask() {
        for (url, host) in [
            ("https://example.com/a?b#c", Some("example.com")),
            ("https://Example.com:8443", Some("example.com")),
            ("https://user:pw@example.com/", Some("example.com")),
            ("https://evil.com/https://example.com/", Some("evil.com")),
            ("https://evil.com\\@example.com/", Some("evil.com")),
            ("https://evil.com?@example.com", Some("evil.com")),
            ("https://example.com@evil.com/", Some("evil.com")),
            ("http://[::1]:80/x", Some("[::1]")),
            ("example.com/a", None),
            ("about:blank", None),
            ("https:///a", None),
        ] {
            let found = Authority::of_url(url.as_bytes()).map(|authority| authority.host.to_string());
            assert_eq!(found.as_deref(), host, "{url}");
        }
    }
}
