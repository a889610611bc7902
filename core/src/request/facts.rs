//! Facts about addresses: country, cloud provider, named lists.
//!
//! The engine calls [`NetworkFacts`] synchronously, and only if a rule or an event requires a fact. Implementations
//! read tables in memory and never block. All lookups of a request use one snapshot, because the head borrows it. A
//! table that is not loaded returns [`Fact::Missing`], not "no match", so that its rules do not silently lose their
//! effect.

use alloc::collections::BTreeSet;
use core::net::IpAddr;

use crate::config::Country;

/// A network of a cloud provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cloud<'f> {
    /// The provider, such as `AWS`.
    pub provider: &'f str,
    /// The region, if the provider publishes it.
    pub region: Option<&'f str>,
    /// The network, in the notation of the provider.
    pub network: &'f str,
}

impl<'f> Cloud<'f> {
    /// A network of `provider`.
    #[must_use]
    pub const fn new(provider: &'f str, region: Option<&'f str>, network: &'f str) -> Self {
        Self { provider, region, network }
    }
}

/// The result of a lookup about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// The table is not loaded.
    Missing,
    /// The table is loaded, and contains this result.
    Value(T),
}

impl<T> Fact<Option<T>> {
    /// The known value, without the distinction between a missing table and an address that is not in it.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Value(known) => known,
            Self::Missing => None,
        }
    }
}

/// A snapshot of tables about addresses.
pub trait NetworkFacts: Sync {
    /// The country of `address`, if the table of countries contains it. Default: no table.
    fn country(&self, _address: IpAddr) -> Fact<Option<Country>> {
        Fact::Missing
    }

    /// Call `visit` with each network of `provider` (compared case-insensitively) that contains `address`, until it
    /// returns false. Default: no table.
    fn cloud(
        &self,
        _provider: &str,
        _address: IpAddr,
        _visit: &mut dyn FnMut(Cloud<'_>) -> bool,
    ) -> Fact<()> {
        Fact::Missing
    }

    /// Whether the list of this name contains `address`. Default: no such list.
    fn listed(&self, _list: &str, _address: IpAddr) -> Fact<bool> {
        Fact::Missing
    }
}

/// [`NetworkFacts`] without tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl NetworkFacts for NoFacts {}

/// The tables that the rules of an engine require, so that the status can list those that are not loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequiredTables<'e> {
    /// A rule requires countries.
    pub countries: bool,
    /// The providers in rules, as configured.
    pub clouds: BTreeSet<&'e str>,
    /// The named lists in rules.
    pub lists: BTreeSet<&'e str>,
}
