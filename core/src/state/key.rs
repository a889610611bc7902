//! Names of counters: the rule that counts, and the counted subject.
//!
//! A key is a small `Copy` value. It contains the client's address in plain text, because a store shared with other
//! implementations has to build the same key text from it. Secrets (an API key, a cookie, a principal) are contained
//! only as a digest. Fields are delimited, so that no pair of a client and a path collides with another pair.

use core::hash::{Hash, Hasher};
use core::net::IpAddr;

use hmac_sha256::Hash as Sha256;
use ipnet::IpNet;

/// The client of a counter: one IPv4 address, or the IPv6 network that is assigned to one customer.
///
/// Two keys are equal when their networks are, so rotating through a /64 does not help a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientKey {
    address: IpAddr,
    network: IpNet,
}

impl ClientKey {
    /// The key of `address`, IPv6 cut to `ipv6_prefix` bits (at most 128). IPv4-mapped IPv6 is folded to IPv4.
    #[must_use]
    pub fn new(address: IpAddr, ipv6_prefix: u8) -> Self {
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { ipv6_prefix.min(128) };
        let network = IpNet::new(address, bits).unwrap_or(IpNet::from(address)).trunc();
        Self { address, network }
    }

    /// The exact address of the request.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The counted and banned network: a /32, or an IPv6 network.
    #[must_use]
    pub const fn network(&self) -> IpNet {
        self.network
    }
}

impl PartialEq for ClientKey {
    fn eq(&self, other: &Self) -> bool {
        self.network == other.network
    }
}

impl Eq for ClientKey {}

impl Hash for ClientKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.network.hash(state);
    }
}

/// The subject of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A client address or prefix.
    Client(ClientKey),
    /// A header, a cookie, a principal or a composite, as the first 16 bytes of a SHA-256.
    Digest([u8; 16]),
    /// All clients without an address, together: a Unix socket without a forwarded chain.
    Unknown,
}

impl Subject {
    /// The subject of a client: its address, in IPv6 its prefix of this length.
    #[must_use]
    pub(crate) fn of(address: Option<IpAddr>, ipv6_prefix: u8) -> Self {
        address.map_or(Self::Unknown, |address| Self::Client(ClientKey::new(address, ipv6_prefix)))
    }

    /// The digest of `parts`. Each part is hashed with its length, so `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn digest(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Self::Digest(short)
    }
}

/// The kind of a counter; counters of different scopes do not collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The limits over all paths together: of requests and of preflights.
    Global,
    /// A limit attached to one exact path.
    Endpoint,
    /// A limit of a route policy.
    Route,
    /// Strikes of attacks, for all classes together or for one class.
    Strikes,
    /// Events counted by a behaviour rule.
    Behaviour,
    /// Whether a behaviour rule throttles the client.
    Throttle,
    /// A limit that counts by the outcome of a request.
    Outcome,
    /// A count of the application.
    Application,
}

/// One counter: scope, rule and subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The kind of counter.
    pub scope: Scope,
    /// The rule, as the hash of its name, so that it is stable across reloads.
    pub rule: u64,
    /// The counted subject.
    pub subject: Subject,
}

impl Key {
    /// The key of `subject` for the rule called `name`.
    #[must_use]
    pub fn new(scope: Scope, name: &str, subject: Subject) -> Self {
        Self { scope, rule: Self::rule_of(name), subject }
    }

    /// The number of a rule: the first eight bytes of the SHA-256 of its name, the same on every machine and after a
    /// reload.
    #[must_use]
    pub fn rule_of(name: &str) -> u64 {
        let hash = Sha256::hash(name.as_bytes());
        u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
    }

    /// A canonical form of fixed size, for stores that hash keys themselves: two keys have equal bytes if and only if
    /// they are equal.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = self.scope as u8;
        bytes[8..16].copy_from_slice(&self.rule.to_le_bytes());
        match self.subject {
            Subject::Client(client) => {
                bytes[1] = if client.network.addr().is_ipv4() { 1 } else { 2 };
                bytes[2] = client.network.prefix_len();
                let address = match client.network.addr() {
                    IpAddr::V4(v4) => u128::from(v4.to_bits()),
                    IpAddr::V6(v6) => v6.to_bits(),
                };
                bytes[16..].copy_from_slice(&address.to_le_bytes());
            }
            Subject::Digest(digest) => {
                bytes[1] = 3;
                bytes[16..].copy_from_slice(&digest);
            }
            Subject::Unknown => bytes[1] = 4,
        }
        bytes
    }
}
