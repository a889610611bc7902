//! Tables about addresses: countries, networks of cloud providers, named lists.
//!
//! A lookup allocates nothing and takes the logarithm of the number of networks, plus the few that nest. Tables are
//! immutable: to update them, build new ones, [merge](AddressTables::with) them over the old and pass the result to
//! [`Guard::set_facts`](crate::Guard::set_facts). A table that was not built is missing, not empty, so that a rule about it
//! differs from a rule that does not match.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use portcullis_core::net::{Cidr, IpSet};
use portcullis_core::{Cloud, Country, Fact, NetworkFacts};

/// Facts from tables in memory. Cloning shares the tables.
///
/// ```
/// use portcullis_runtime::AddressTables;
///
/// let tables = AddressTables::builder()
///     .country("DE".parse()?, ["192.0.2.0/24".parse()?])
///     .cloud("AWS", Some("eu-west-1"), ["198.51.100.0/24".parse()?])
///     .list("tor", ["203.0.113.7".parse()?])
///     .build();
/// # let _ = tables;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct AddressTables {
    countries: Option<Arc<Networks<Country>>>,
    /// By the name of the provider, in lower case.
    clouds: BTreeMap<String, Arc<CloudTable>>,
    lists: BTreeMap<String, Arc<IpSet>>,
}

impl AddressTables {
    /// A builder without tables.
    #[must_use]
    pub fn builder() -> AddressTablesBuilder {
        AddressTablesBuilder::default()
    }

    /// These tables, replaced by those of `newer` with the same kind and name.
    #[must_use]
    pub fn with(&self, newer: &Self) -> Self {
        let mut merged = self.clone();
        merged.countries = newer.countries.clone().or(merged.countries);
        merged.clouds.extend(newer.clouds.clone());
        merged.lists.extend(newer.lists.clone());
        merged
    }
}

impl NetworkFacts for AddressTables {
    fn country(&self, address: IpAddr) -> Fact<Option<Country>> {
        let Some(countries) = &self.countries else { return Fact::Missing };
        let mut country = None;
        countries.each(address, &mut |found| {
            country = Some(*found);
            false
        });
        Fact::Value(country)
    }

    fn cloud(&self, provider: &str, address: IpAddr, visit: &mut dyn FnMut(Cloud<'_>) -> bool) -> Fact<()> {
        // Providers are few; a lookup in lower case would allocate.
        let table = self.clouds.iter().find(|(known, _)| known.eq_ignore_ascii_case(provider));
        let Some((_, table)) = table else { return Fact::Missing };
        table.networks.each(address, &mut |network| {
            visit(Cloud::new(&table.provider, network.region.as_deref(), &network.text))
        });
        Fact::Value(())
    }

    fn listed(&self, list: &str, address: IpAddr) -> Fact<bool> {
        self.lists.get(list).map_or(Fact::Missing, |list| Fact::Value(list.contains(address)))
    }
}

impl fmt::Debug for AddressTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressTables")
            .field("countries", &self.countries.as_ref().map(|countries| countries.len()))
            .field("clouds", &self.clouds.keys())
            .field("lists", &self.lists.keys())
            .finish()
    }
}

/// The networks of one provider.
struct CloudTable {
    /// The name as first written.
    provider: String,
    networks: Networks<CloudNetwork>,
}

#[derive(PartialEq)]
struct CloudNetwork {
    region: Option<Arc<str>>,
    text: Box<str>,
}

/// Collects networks for [`AddressTables`].
#[derive(Default)]
pub struct AddressTablesBuilder {
    countries: Option<Vec<(Cidr, Country)>>,
    clouds: BTreeMap<String, (String, Vec<(Cidr, CloudNetwork)>)>,
    lists: BTreeMap<String, Vec<Cidr>>,
}

impl AddressTablesBuilder {
    /// Networks of a country; may be called again for more. Of nested networks the smallest decides, and of equal ones the
    /// latest.
    #[must_use]
    pub fn country(mut self, country: Country, networks: impl IntoIterator<Item = Cidr>) -> Self {
        let all = self.countries.get_or_insert_default();
        all.extend(networks.into_iter().map(|network| (network, country)));
        self
    }

    /// Networks of a cloud provider, optionally in one of its regions; may be called again for more.
    #[must_use]
    pub fn cloud(
        mut self,
        provider: &str,
        region: Option<&str>,
        networks: impl IntoIterator<Item = Cidr>,
    ) -> Self {
        let region: Option<Arc<str>> = region.map(Into::into);
        let key = provider.to_ascii_lowercase();
        let (_, all) = self.clouds.entry(key).or_insert_with(|| (provider.into(), Vec::new()));
        all.extend(networks.into_iter().map(|network| {
            let text = network.to_string().into();
            (network, CloudNetwork { region: region.clone(), text })
        }));
        self
    }

    /// Networks of a named list; may be called again for more.
    #[must_use]
    pub fn list(mut self, name: impl Into<String>, networks: impl IntoIterator<Item = Cidr>) -> Self {
        self.lists.entry(name.into()).or_default().extend(networks);
        self
    }

    /// The tables.
    #[must_use]
    pub fn build(self) -> AddressTables {
        let clouds = self.clouds.into_iter().map(|(key, (provider, networks))| {
            (key, Arc::new(CloudTable { provider, networks: networks.into_iter().collect() }))
        });
        let lists = self.lists.into_iter();
        AddressTables {
            countries: self.countries.map(|countries| Arc::new(countries.into_iter().collect())),
            clouds: clouds.collect(),
            lists: lists.map(|(name, list)| (name, Arc::new(list.into_iter().collect()))).collect(),
        }
    }
}

impl fmt::Debug for AddressTablesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressTablesBuilder").finish_non_exhaustive()
    }
}

/// Networks with a value each.
struct Networks<T> {
    v4: NestedNetworks<u32, T>,
    v6: NestedNetworks<u128, T>,
}

/// Networks of one family, sorted by their first address and then from the largest to the smallest. Two networks nest or are
/// disjoint; so a network that contains an address is the last one that begins before it, or one around that.
struct NestedNetworks<N, T>(Vec<Entry<N, T>>);

struct Entry<N, T> {
    first: N,
    last: N,
    /// The smallest network around this one.
    around: Option<usize>,
    value: T,
}

impl<T> Networks<T> {
    fn len(&self) -> usize {
        self.v4.0.len() + self.v6.0.len()
    }

    /// Call `visit` for each network that contains `address`, from the smallest, until it returns false.
    fn each(&self, address: IpAddr, visit: &mut dyn FnMut(&T) -> bool) {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.each(v4.to_bits(), visit),
            IpAddr::V6(v6) => self.v6.each(v6.to_bits(), visit),
        }
    }
}

impl<T: PartialEq> FromIterator<(Cidr, T)> for Networks<T> {
    fn from_iter<I: IntoIterator<Item = (Cidr, T)>>(networks: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (network, value) in networks {
            match network.network() {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits(), value)),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits(), value)),
            }
        }
        Self { v4: NestedNetworks::new(v4), v6: NestedNetworks::new(v6) }
    }
}

impl<N: Ord + Copy, T: PartialEq> NestedNetworks<N, T> {
    fn new(mut networks: Vec<(N, N, T)>) -> Self {
        // Stable, so that of equal networks the latest is the innermost.
        networks.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        networks.dedup();
        let mut entries: Vec<Entry<N, T>> = Vec::with_capacity(networks.len());
        for (first, last, value) in networks {
            let mut around = entries.len().checked_sub(1);
            while let Some(index) = around.filter(|index| entries[*index].last < last) {
                around = entries[index].around;
            }
            entries.push(Entry { first, last, around, value });
        }
        Self(entries)
    }
}

impl<N: Ord + Copy, T> NestedNetworks<N, T> {
    fn each(&self, address: N, visit: &mut dyn FnMut(&T) -> bool) {
        let mut at = self.0.partition_point(|entry| entry.first <= address).checked_sub(1);
        while let Some(entry) = at.map(|index| &self.0[index]) {
            if address <= entry.last && !visit(&entry.value) {
                return;
            }
            at = entry.around;
        }
    }
}

#[cfg(test)]
mod tests;
