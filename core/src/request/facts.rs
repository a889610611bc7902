//! What is known about an address beyond the address itself.
//!
//! The engine asks synchronously and only when a rule or an event needs the answer. An implementation reads tables in
//! memory; it never waits. All questions of one request go to the same snapshot, because the head borrows it. Facts that are
//! not loaded are told from facts that say no, so that a rule about them is never silently without effect.

use alloc::collections::BTreeSet;
use core::net::IpAddr;

use crate::config::Country;

/// A network of a cloud provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cloud<'f> {
    /// The provider, such as `AWS`.
    pub provider: &'f str,
    /// The region, where the provider says.
    pub region: Option<&'f str>,
    /// The network, as the provider writes it.
    pub network: &'f str,
}

impl<'f> Cloud<'f> {
    /// A network of `provider`.
    #[must_use]
    pub const fn new(provider: &'f str, region: Option<&'f str>, network: &'f str) -> Self {
        Self { provider, region, network }
    }
}

/// The answer to a question about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// There are no facts of that kind, or not yet.
    Missing,
    /// There are, and this is what they say.
    Says(T),
}

impl<T> Fact<Option<T>> {
    /// What is known, for whom it makes no difference why nothing is.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Says(known) => known,
            Self::Missing => None,
        }
    }
}

/// A snapshot of tables about addresses.
pub trait NetworkFacts: Sync {
    /// The country of `address`, where the tables of countries know one. Default: no tables.
    fn country(&self, _address: IpAddr) -> Fact<Option<Country>> {
        Fact::Missing
    }

    /// Call `visit` with each network of `provider` (compared in any case) that `address` is in, until it returns false.
    /// Default: no tables.
    fn cloud(
        &self,
        _provider: &str,
        _address: IpAddr,
        _visit: &mut dyn FnMut(Cloud<'_>) -> bool,
    ) -> Fact<()> {
        Fact::Missing
    }

    /// Whether `address` stands in the list of this name. Default: no such list.
    fn listed(&self, _list: &str, _address: IpAddr) -> Fact<bool> {
        Fact::Missing
    }
}

/// Knows nothing about any address.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl NetworkFacts for NoFacts {}

/// The tables that the rules of an engine ask, so that an operator can see which of them are not loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequiredTables<'e> {
    /// A rule asks for countries.
    pub countries: bool,
    /// Providers that rules name, as written.
    pub clouds: BTreeSet<&'e str>,
    /// Named lists.
    pub lists: BTreeSet<&'e str>,
}
