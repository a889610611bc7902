//! What is known about an address beyond the address itself.
//!
//! The engine asks synchronously and only when a rule or an event needs the answer. An implementation reads tables in
//! memory; it never waits. All questions of one request go to the same snapshot, because the head borrows it.

use core::net::IpAddr;

/// Facts about one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The country, as an upper-case ISO 3166-1 alpha-2 code.
    pub country: Option<[u8; 2]>,
}

impl Facts {
    /// Facts that say the country.
    #[must_use]
    pub const fn in_country(code: [u8; 2]) -> Self {
        Self { country: Some(code) }
    }
}

/// A snapshot of tables about addresses.
pub trait NetworkFacts: Sync {
    /// What is known about `address`.
    fn about(&self, address: IpAddr) -> Facts;
}

/// Knows nothing about any address.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl NetworkFacts for NoFacts {
    fn about(&self, _: IpAddr) -> Facts {
        Facts::default()
    }
}
