//! Addresses and networks: parsing, normalisation, and sets with logarithmic lookup.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::str::FromStr;

use ipnet::IpNet;

/// A network or a single address, IPv4-mapped IPv6 folded to IPv4 and host bits cleared.
///
/// ```
/// use portcullis_core::net::Cidr;
///
/// assert_eq!("10.9.9.9/8".parse::<Cidr>()?.to_string(), "10.0.0.0/8");
/// assert_eq!("::ffff:192.0.2.1".parse::<Cidr>()?, "192.0.2.1".parse()?);
/// # Ok::<(), portcullis_core::net::CidrError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr(IpNet);

impl Cidr {
    /// The network.
    #[must_use]
    pub const fn network(self) -> IpNet {
        self.0
    }

    /// Whether `address` lies inside; an IPv4-mapped address is folded first.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether the two networks share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }
}

impl From<IpNet> for Cidr {
    fn from(network: IpNet) -> Self {
        Self(fold(network).trunc())
    }
}

impl From<IpAddr> for Cidr {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(address.to_canonical()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// The text is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrError(String);

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an address or network; write `192.0.2.1` or `2001:db8::/32`", self.0)
    }
}

impl core::error::Error for CidrError {}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let text = text.trim();
        let address = text.parse::<IpAddr>().map(Self::from);
        address.or_else(|_| text.parse::<IpNet>().map(Self::from)).map_err(|_| CidrError(text.into()))
    }
}

fn fold(network: IpNet) -> IpNet {
    match network.addr() {
        IpAddr::V6(v6) if network.prefix_len() >= 96 => v6
            .to_ipv4_mapped()
            .and_then(|v4| IpNet::new(v4.into(), network.prefix_len() - 96).ok())
            .unwrap_or(network),
        _ => network,
    }
}

/// A set of networks: sorted disjoint ranges, with binary search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl IpSet {
    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether `address` is in the set; an IPv4-mapped address is folded first.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => holds(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => holds(&self.v6, v6.to_bits()),
        }
    }
}

impl FromIterator<Cidr> for IpSet {
    fn from_iter<I: IntoIterator<Item = Cidr>>(networks: I) -> Self {
        let mut set = Self::default();
        for cidr in networks {
            match cidr.0 {
                IpNet::V4(net) => set.v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => set.v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        merge(&mut set.v4);
        merge(&mut set.v6);
        set
    }
}

fn holds<N: Ord + Copy>(ranges: &[(N, N)], at: N) -> bool {
    let after = ranges.partition_point(|(start, _)| *start <= at);
    after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, end)| at <= *end)
}

fn merge<N: Ord + Copy>(ranges: &mut Vec<(N, N)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let overlap = next.0 <= kept.1;
        if overlap {
            kept.1 = kept.1.max(next.1);
        }
        overlap
    });
}

/// Parse an address in the forms that proxies send: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:4711`, any of them in double quotes, a zone id (`%eth0`) dropped, IPv4-mapped IPv6 folded. `None` for
/// anything else.
#[must_use]
pub fn parse_forwarded(text: &[u8]) -> Option<IpAddr> {
    let text = core::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let text = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"'))?;
    let host = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            let port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
            return port.then(|| parse_address(host)).flatten();
        }
        None => text,
    };
    parse_address(host).or_else(|| host.parse::<SocketAddr>().ok().map(|addr| addr.ip().to_canonical()))
}

fn parse_address(host: &str) -> Option<IpAddr> {
    let address = host.split_once('%').map_or(host, |(address, _zone)| address);
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.parse::<u16>().is_ok()
}

/// `address` as text. The formatter costs more than the rest of a rejection, so the digits of IPv4 are written here.
pub(crate) fn text(address: IpAddr) -> String {
    let IpAddr::V4(address) = address else { return alloc::string::ToString::to_string(&address) };
    let mut text = String::with_capacity("255.255.255.255".len());
    for octet in address.octets() {
        if !text.is_empty() {
            text.push('.');
        }
        for (from, digit) in [(100, octet / 100), (10, octet / 10 % 10), (0, octet % 10)] {
            if octet >= from {
                text.push(char::from(b'0' + digit));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(entries: &[&str]) -> IpSet {
        entries.iter().map(|entry| entry.parse::<Cidr>().unwrap()).collect()
    }

    #[test]
    fn overlapping_and_nested_networks_are_merged() {
        let set = set(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1", "2001:db8::/32", "2001:db8:1::/48"]);
        for (address, inside) in [
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("9.255.255.255", false),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("::ffff:192.0.2.1", true),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(set.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(!IpSet::default().contains([0, 0, 0, 0].into()));
    }

    #[test]
    fn the_whole_space_is_a_network_too() {
        let set = set(&["0.0.0.0/0", "::/0"]);
        assert!(set.contains([255, 255, 255, 255].into()));
        assert!(set.contains("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()));
    }

    #[test]
    fn addresses_read_as_the_standard_library_writes_them() {
        for octet in 0..=255 {
            let address = IpAddr::from([octet, 255 - octet, 10, 0]);
            assert_eq!(text(address), std::format!("{address}"));
        }
        assert_eq!(text("2001:DB8:0::1".parse().unwrap()), "2001:db8::1");
    }

    #[test]
    fn forwarded_entries_parse_in_every_spelling() {
        for (text, address) in [
            ("198.51.100.7", Some("198.51.100.7")),
            (" 198.51.100.7\t", Some("198.51.100.7")),
            ("198.51.100.7:1234", Some("198.51.100.7")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("\"[2001:db8::1]:443\"", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("[fe80::1%eth0]:80", Some("fe80::1")),
            ("::ffff:198.51.100.9", Some("198.51.100.9")),
            ("::ffff:c633:6409", Some("198.51.100.9")),
            ("2001:db8::198.51.100.9", Some("2001:db8::c633:6409")),
            ("garbage", None),
            ("", None),
            ("198.51.100.7:port", None),
            ("198.51.100.7:99999", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]x", None),
            ("[2001:db8::1]:", None),
            ("\"198.51.100.7", None),
            ("0300.0.0.1", None),
            ("1.2.3", None),
            ("unknown", None),
            ("_hidden", None),
        ] {
            let expected = address.map(|text| text.parse::<IpAddr>().unwrap());
            assert_eq!(parse_forwarded(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(parse_forwarded(b"198.51.100.\xff"), None);
    }
}
