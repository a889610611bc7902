//! Rate limits, compiled: of the configuration, of single paths, of policies and of countries.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::status::StatusSet;
use crate::config::{Country, OnUnavailable, RateFields, RateKey, RetryAfter};
use crate::state::{Key, Quota, Scope, Subject};

/// Limits of the configuration, compiled.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) global: Option<Tier>,
    /// The limit of preflights to which the guard replies.
    pub(crate) preflight: Option<Tier>,
    /// Sorted by path, which is canonical.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) fields: RateFields,
    pub(crate) retry_after: RetryAfter,
    pub(crate) on_unavailable: OnUnavailable,
    pub(crate) strikes: bool,
}

impl Limits {
    /// The limits of a canonical path.
    pub(crate) fn endpoints_of(&self, path: &str) -> Range<usize> {
        let start = self.endpoints.partition_point(|endpoint| endpoint.path.as_str() < path);
        let equal = self.endpoints[start..].iter().take_while(|endpoint| endpoint.path == path);
        start..start + equal.count()
    }
}

/// The limit of one path.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) path: String,
    pub(crate) methods: Vec<String>,
    pub(crate) tier: Tier,
}

impl Endpoint {
    /// Whether requests with this method are counted. `HEAD` runs the handler of `GET`, so it is counted with it.
    pub(crate) fn counts(&self, method: &str) -> bool {
        let named = |name: &String| name == method || name == "GET" && method == "HEAD";
        self.methods.is_empty() || self.methods.iter().any(named)
    }
}

/// One limit.
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) rule: u64,
    pub(crate) quota: Quota,
    pub(crate) key: CounterKey,
    /// Count only responses with one of these statuses.
    pub(crate) outcomes: Option<StatusSet>,
}

impl Tier {
    /// The counter of `subject`.
    pub(crate) fn key_of(&self, subject: Subject) -> Key {
        Key { scope: Scope::Outcome, rule: self.rule, subject }
    }
}

/// The key by which a limit counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CounterKey(pub(crate) Vec<RateKey>);

impl CounterKey {
    /// The key that counts by client.
    pub(crate) fn client() -> Self {
        Self(alloc::vec![RateKey::Client])
    }
}

/// The maximum number of parts of a key.
pub(crate) const MAX_PARTS: usize = 4;

/// Which limit an op of the batch belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TierRef {
    Global,
    Preflight,
    Endpoint(u16),
    Route(u16),
    /// The limit of a country in [`CountryRates`], or that of all others.
    Country(Option<u16>),
}

/// Limits of a route by country, compiled. A client has the one of its country, else that of all others.
#[derive(Debug, Default)]
pub(crate) struct CountryRates {
    pub(crate) by_country: Vec<(Country, Tier)>,
    pub(crate) others: Option<Tier>,
}

impl CountryRates {
    pub(crate) const fn is_empty(&self) -> bool {
        self.by_country.is_empty() && self.others.is_none()
    }

    pub(crate) fn get(&self, index: Option<u16>) -> Option<&Tier> {
        match index {
            Some(index) => self.by_country.get(usize::from(index)).map(|(_, tier)| tier),
            None => self.others.as_ref(),
        }
    }
}
