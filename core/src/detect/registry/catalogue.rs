//! The catalogue of all rules.

use super::rows::ROWS;
use crate::detect::evidence::Rule;

impl Rule {
    /// Every rule, by class.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ROWS.into_iter().flat_map(|row| row.rules).copied()
    }

    /// The rule called `id`.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        Self::all().find(|rule| rule.id == id)
    }
}
