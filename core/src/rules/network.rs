//! Rules about countries, cloud providers and named lists, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::Country;

/// Rules about facts, compiled.
#[derive(Debug, Default)]
pub(crate) struct NetworkRules {
    /// Sorted.
    pub(crate) allow_countries: Vec<Country>,
    /// Sorted.
    pub(crate) deny_countries: Vec<Country>,
    pub(crate) clouds: Vec<DeniedCloud>,
    pub(crate) lists: Vec<String>,
}

/// A provider whose addresses are denied, except for those of some regions.
#[derive(Debug)]
pub(crate) struct DeniedCloud {
    pub(crate) provider: String,
    pub(crate) except: Vec<String>,
}

impl NetworkRules {
    pub(crate) fn about_countries(&self) -> bool {
        !self.allow_countries.is_empty() || !self.deny_countries.is_empty()
    }

    pub(crate) fn allows(&self, country: Option<Country>) -> bool {
        country.is_some_and(|country| self.allow_countries.binary_search(&country).is_ok())
    }

    /// Whether the rules about countries deny a client of `country`; `None` for an unknown country.
    pub(crate) fn denies(&self, country: Option<Country>) -> bool {
        let denied = country.is_some_and(|country| self.deny_countries.binary_search(&country).is_ok());
        denied || !self.allow_countries.is_empty() && !self.allows(country)
    }
}

impl DeniedCloud {
    pub(crate) fn excepts(&self, region: Option<&str>) -> bool {
        region.is_some_and(|region| self.except.iter().any(|except| except.eq_ignore_ascii_case(region)))
    }
}
