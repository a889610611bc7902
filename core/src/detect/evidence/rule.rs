//! Rules: named pieces of evidence.

use crate::detect::evidence::{Class, Location};

/// The score at which a value is an attack of a class, unless `detect.threshold` sets another score.
pub const THRESHOLD: u16 = 100;
/// The highest that can be configured.
pub(crate) const MAX_THRESHOLD: u16 = 1_000;

/// One kind of evidence. Recognisers add rules up; no rule is a pattern that blocks merely because it matches text.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// `class.name`, stable across releases: exclusions, events and logs use it.
    pub id: &'static str,
    /// The class whose score this adds to.
    pub class: Class,
    /// What it adds, in hundredths: [`THRESHOLD`] is an attack.
    pub weight: u16,
    /// Why this is evidence, in one line for the operator.
    pub why: &'static str,
    /// Values that are attacks and to which this rule contributes.
    pub attacks: &'static [&'static str],
    /// Values that look similar and must pass.
    pub benign: &'static [&'static str],
    /// The location of the examples: JSON unless the rule is about another one.
    pub location: Location,
    /// The name that the examples belong to.
    pub name: &'static str,
}

impl Rule {
    /// A rule of the application, for a [`CustomRecogniser`](crate::detect::CustomRecogniser). Its `id` starts with the name of
    /// the recogniser and a dot; `weight` is in hundredths, 1 to 1000: [`THRESHOLD`] is an attack. `why` appears in events
    /// and logs.
    #[must_use]
    pub const fn custom(id: &'static str, weight: u16, why: &'static str) -> Self {
        Self::new(Class::Custom, id, weight, why, &[], &[])
    }

    /// A rule of `class`; its `id` starts with the name of the class.
    pub(in crate::detect) const fn new(
        class: Class,
        id: &'static str,
        weight: u16,
        why: &'static str,
        attacks: &'static [&'static str],
        benign: &'static [&'static str],
    ) -> Self {
        Self { id, class, weight, why, attacks, benign, location: Location::Json, name: "q" }
    }

    /// The rule with its examples elsewhere: in values from `location` called `name`.
    pub(in crate::detect) const fn at(self, location: Location, name: &'static str) -> Self {
        Self { location, name, ..self }
    }
}
