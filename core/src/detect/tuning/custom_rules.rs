//! What the class `custom` consists of: the operator's patterns, and the recognisers of the application.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::evidence::{Class, Location, Rule};
use crate::detect::tuning::{CustomPatterns, InstalledRecognisers};

/// Patterns and recognisers of one configuration.
#[derive(Debug, Default)]
pub(crate) struct CustomRules {
    pub(super) patterns: CustomPatterns,
    pub(in crate::detect) recognisers: InstalledRecognisers,
    /// One bit for each location that a recogniser reads.
    locations: u32,
}

impl CustomRules {
    /// These patterns and recognisers.
    pub(crate) fn new(patterns: CustomPatterns, recognisers: InstalledRecognisers) -> Self {
        Self { locations: recognisers.locations(), patterns, recognisers }
    }

    /// Whether any of them applies to values from `location`.
    pub(crate) const fn applies_to(&self, location: Location) -> bool {
        self.patterns.applies_to(location) || self.locations & 1 << location as u32 != 0
    }

    /// The ids of the patterns, the names of the recognisers, and the ids of their rules.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.patterns.ids().chain(self.recognisers.ids())
    }

    /// The class and the present ids of what `id` names: a rule, a pattern, or a recogniser with all of its rules.
    pub(super) fn resolve(&self, id: &str) -> Option<(Class, Vec<String>)> {
        if let Some(rule) = Rule::named(id) {
            return Some((rule.class, Vec::from([rule.id.into()])));
        }
        if self.patterns.ids().any(|known| known == id) {
            return Some((Class::Custom, Vec::from([id.into()])));
        }
        self.recognisers.resolve(id).map(|ids| (Class::Custom, ids))
    }
}
