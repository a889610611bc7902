//! The catalogue of all rules.

use super::rows::ROWS;
use crate::detect::evidence::{Class, Rule};

impl Rule {
    /// Every rule, by class.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ROWS.into_iter().flat_map(|row| row.rules).copied()
    }

    /// The rule called `id`. The name of the class before the dot may be an alias.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        let (class, name) = id.split_once('.')?;
        let class = Class::named(class)?;
        let is = |rule: &Self| rule.id.split_once('.').is_some_and(|(_, known)| known == name);
        Self::all().find(|rule| rule.class == class && is(rule))
    }
}
