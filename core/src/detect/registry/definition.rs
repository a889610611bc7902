//! What a row of the registry holds.

use crate::detect::evidence::{Class, Locations, Needs, Recogniser, Rule};

/// A class of attack.
#[derive(Clone, Copy)]
pub(super) struct ClassDefinition {
    /// The variant.
    pub(super) class: Class,
    /// The name used in configuration, events and rule ids.
    pub(super) name: &'static str,
    /// Former names, which configurations may still use, also before the dot of a rule id.
    pub(super) aliases: &'static [&'static str],
    /// The categories of the Guard family that this class covers; events carry the first.
    pub(super) family: &'static [&'static str],
    /// The weakness, as `CWE-89` (cwe.mitre.org).
    pub(super) cwe: Option<&'static str>,
    /// The category of the OWASP Top 10 of 2021, of the API Security Top 10 or of the Automated Threats.
    pub(super) owasp: Option<&'static str>,
    /// The attack pattern, as `CAPEC-66` (capec.mitre.org).
    pub(super) capec: Option<&'static str>,
    /// Whether the class is in [`ClassSet::DEFAULT`](crate::detect::evidence::ClassSet::DEFAULT).
    pub(super) on_by_default: bool,
    /// Its rules; each id starts with the name.
    pub(super) rules: &'static [&'static Rule],
    /// Where attacks of the class can be.
    pub(super) locations: Locations,
    /// An attack needs one of these kinds of byte or word.
    pub(super) needs: Needs,
    /// What reads the language of the class.
    pub(super) recogniser: Recogniser,
}

/// A class without rules that is on by default; rows state what differs.
pub(super) const BASE: ClassDefinition = ClassDefinition {
    class: Class::Custom,
    name: "",
    aliases: &[],
    family: &[],
    cwe: None,
    owasp: None,
    capec: None,
    on_by_default: true,
    rules: &[],
    locations: Locations::ALL,
    needs: Needs::NONE,
    recogniser: Recogniser { may_hold: |_| false, recognise: |_, _| () },
};
