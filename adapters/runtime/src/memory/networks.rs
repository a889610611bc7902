//! The networks of a client, and how many windows of a shard each network has.

use std::net::IpAddr;

use ipnet::IpNet;
use portcullis_core::state::{Key, Subject};

use super::fingerprint::Secret;

/// The prefix lengths of a client's networks: what one customer of a provider has at most, and what a provider has at least.
/// IPv6 blocks: RFC 6177 (a site has a /48 to a /56); registries assign a /32 to a provider.
const V4: [u8; 2] = [24, 16];
const V6: [u8; 2] = [48, 32];

/// Rows of [`NetworkCounts`] for each of the two networks: the least of them is the count.
const ROWS: usize = 2;
/// The factors of the rows (primes of xxHash), other ones than those of the sketches.
const FACTORS: [u32; ROWS] = [0x9e37_79b1, 0x85eb_ca77];
const MIN_CELLS: usize = 256;
const MAX_CELLS: usize = 4096;

/// Keyed hashes of the networks around the subject of a counter: an IPv4 /24 and /16, an IPv6 /48 and /32. Subjects without
/// an address (digests) have one network for each rule. A function of the key, so that a key never changes its cells in a
/// sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Networks {
    pub(super) narrow: u32,
    pub(super) wide: u32,
}

impl Networks {
    pub(super) fn of(secret: &Secret, key: &Key) -> Self {
        let Subject::Client(client) = key.subject else {
            let mut bytes = [0; 18];
            bytes[0] = 3;
            bytes[1] = key.scope as u8;
            bytes[2..10].copy_from_slice(&key.rule.to_le_bytes());
            let hash = secret.fingerprint(&bytes)[0] as u32;
            return Self { narrow: hash, wide: hash };
        };
        let network = client.network();
        let [narrow, wide] = if network.addr().is_ipv4() { V4 } else { V6 };
        Self { narrow: hash_network(secret, network, narrow), wide: hash_network(secret, network, wide) }
    }
}

fn hash_network(secret: &Secret, network: IpNet, prefix: u8) -> u32 {
    let prefix = prefix.min(network.prefix_len());
    let wider = IpNet::new(network.addr(), prefix).map_or(network, |wider| wider.trunc());
    let mut bytes = [0; 18];
    bytes[1] = prefix;
    match wider.addr() {
        IpAddr::V4(address) => {
            bytes[0] = 1;
            bytes[2..6].copy_from_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            bytes[0] = 2;
            bytes[2..].copy_from_slice(&address.octets());
        }
    }
    secret.fingerprint(&bytes)[0] as u32
}

/// Windows by network, in fixed space: a count may include another network's, and is never too low.
#[derive(Debug)]
pub(super) struct NetworkCounts {
    /// Allocated with the first window.
    cells: Vec<u32>,
    width: usize,
}

/// The number of windows of a client's networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) narrow: u32,
    pub(super) wide: u32,
}

impl NetworkCounts {
    pub(super) const fn new(windows: usize) -> Self {
        Self { cells: Vec::new(), width: width(windows) }
    }

    pub(super) const fn max_heap_bytes(windows: usize) -> usize {
        2 * ROWS * width(windows) * size_of::<u32>()
    }

    pub(super) const fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<u32>()
    }

    pub(super) fn add(&mut self, networks: Networks) {
        if self.cells.is_empty() {
            self.cells = vec![0; 2 * ROWS * self.width];
        }
        for place in self.places(networks) {
            self.cells[place] += 1;
        }
    }

    pub(super) fn remove(&mut self, networks: Networks) {
        for place in self.places(networks) {
            self.cells[place] -= 1;
        }
    }

    pub(super) fn share(&self, networks: Networks) -> Share {
        if self.cells.is_empty() {
            return Share { narrow: 0, wide: 0 };
        }
        let [a, b, c, d] = self.places(networks).map(|place| self.cells[place]);
        Share { narrow: a.min(b), wide: c.min(d) }
    }

    fn places(&self, Networks { narrow, wide }: Networks) -> [usize; 2 * ROWS] {
        let mut row = 0;
        [(narrow, 0), (narrow, 1), (wide, 0), (wide, 1)].map(|(network, nth)| {
            let place = row + place(network, FACTORS[nth], self.width);
            row += self.width;
            place
        })
    }
}

/// The place of a network in a row: `width` is a power of two, `factor` an odd number for each row.
pub(super) const fn place(network: u32, factor: u32, width: usize) -> usize {
    // The high bits of a product depend on all bits of the factors.
    let mixed = (network ^ network >> 15).wrapping_mul(factor);
    ((mixed as u64 * width as u64) >> 32) as usize
}

const fn width(windows: usize) -> usize {
    let cells = (windows / 16).next_power_of_two();
    if cells < MIN_CELLS {
        MIN_CELLS
    } else if cells > MAX_CELLS {
        MAX_CELLS
    } else {
        cells
    }
}
