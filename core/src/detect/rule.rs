//! Rules: named pieces of evidence, and the catalogue of all of them.

use super::{Class, shell, sqli, traversal, xss};

/// The score at which a value is an attack of a class, unless `detect.threshold` says otherwise.
pub const THRESHOLD: u16 = 100;
/// The highest that can be configured.
pub(crate) const HIGHEST_THRESHOLD: u16 = 1_000;

/// One kind of evidence. Recognisers add rules up; no rule is a pattern that blocks merely because it matches text.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `class.name`, stable across releases: exclusions, events and logs use it.
    pub id: &'static str,
    /// The class whose score this adds to.
    pub class: Class,
    /// What it adds, in hundredths: [`THRESHOLD`] is an attack.
    pub weight: u16,
    /// Why this is evidence, in one line for whoever reads the event.
    pub why: &'static str,
    /// Parameter values that are attacks and to which this rule contributes.
    pub attacks: &'static [&'static str],
    /// Parameter values that look similar and must pass.
    pub benign: &'static [&'static str],
}

impl Rule {
    /// A rule of `class`; its `id` starts with the name of the class.
    pub(super) const fn new(
        class: Class,
        id: &'static str,
        weight: u16,
        why: &'static str,
        attacks: &'static [&'static str],
        benign: &'static [&'static str],
    ) -> Self {
        Self { id, class, weight, why, attacks, benign }
    }

    /// Every rule, by class.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        [sqli::RULES, xss::RULES, traversal::RULES, shell::RULES].into_iter().flatten().copied()
    }

    /// The rule called `id`.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        Self::all().find(|rule| rule.id == id)
    }
}
