//! Names and sets of classes, from the rows.

use core::fmt;

use super::rows::ROWS;
use crate::detect::evidence::{Class, ClassSet, Location};

/// A column of the rows.
macro_rules! column {
    ($field:ident, $empty:expr) => {{
        let mut column = [$empty; ROWS.len()];
        let mut at = 0;
        while at < ROWS.len() {
            column[at] = ROWS[at].$field;
            at += 1;
        }
        column
    }};
}

const NO_NAMES: &[&str] = &[];

static NAMES: [&str; ROWS.len()] = column!(name, "");
static ALIASES: [&[&str]; ROWS.len()] = column!(aliases, NO_NAMES);
static FAMILY: [&[&str]; ROWS.len()] = column!(family, NO_NAMES);
static CWE: [Option<&str>; ROWS.len()] = column!(cwe, None);
static OWASP: [Option<&str>; ROWS.len()] = column!(owasp, None);
static CAPEC: [Option<&str>; ROWS.len()] = column!(capec, None);

const _: () = {
    let mut at = 0;
    while at < ROWS.len() {
        assert!(ROWS[at].class as usize == at, "rows are in the order of the variants");
        at += 1;
    }
};

impl Class {
    /// Every class, in the order in which they are tried.
    pub const ALL: [Self; ROWS.len()] = column!(class, Self::Custom);

    /// The name used in configuration, events and rule ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Former names, which configurations may still use.
    #[must_use]
    pub const fn aliases(self) -> &'static [&'static str] {
        ALIASES[self as usize]
    }

    /// The class of this name or alias.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name || class.aliases().contains(&name))
    }

    /// The weakness of the Common Weakness Enumeration: `CWE-89`; `None` for the operator's patterns.
    #[must_use]
    pub const fn cwe(self) -> Option<&'static str> {
        CWE[self as usize]
    }

    /// The OWASP category: of the Top 10 of 2021 (`A03:2021`), of the API Security Top 10 (`API4:2023`) or of the Automated
    /// Threats (`OAT-014`).
    #[must_use]
    pub const fn owasp(self) -> Option<&'static str> {
        OWASP[self as usize]
    }

    /// The attack pattern of the Common Attack Pattern Enumeration: `CAPEC-66`.
    #[must_use]
    pub const fn capec(self) -> Option<&'static str> {
        CAPEC[self as usize]
    }

    /// The categories of the Guard family that this class covers, the one that events carry first. One class here may cover
    /// several.
    #[must_use]
    pub const fn family_categories(self) -> &'static [&'static str] {
        FAMILY[self as usize]
    }

    /// The class that covers this category of the Guard family.
    #[must_use]
    pub fn of_family(category: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.family_categories().contains(&category))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ClassSet {
    /// Every class.
    pub const ALL: Self = {
        let (mut set, mut at) = (Self::NONE, 0);
        while at < ROWS.len() {
            set = set.with(ROWS[at].class);
            at += 1;
        }
        set
    };
    /// The classes that are on by default.
    pub const DEFAULT: Self = {
        let (mut set, mut at) = (Self::NONE, 0);
        while at < ROWS.len() {
            if ROWS[at].on_by_default {
                set = set.with(ROWS[at].class);
            }
            at += 1;
        }
        set
    };
    /// The classes about code, markup, uploads and paths, and the custom ones: their evidence is rare in random bytes, so they
    /// apply to short runs of text in binary data.
    pub(crate) const IN_FILES: Self = Self::NONE
        .with(Class::CodeInjection)
        .with(Class::FileUpload)
        .with(Class::Xss)
        .with(Class::Xxe)
        .with(Class::Ssi)
        .with(Class::Deserialization)
        .with(Class::PathTraversal)
        .with(Class::Custom);

    /// Those whose evidence does not occur in random text: they apply to text from which noise was removed.
    pub(crate) const IN_NOISE: Self = Self::ALL.without(Class::Ssti).without(Class::LdapInjection);

    /// The default classes of which an attack can be in a header.
    pub(crate) const IN_HEADERS: Self = {
        let (mut set, mut at) = (Self::NONE, 0);
        while at < ROWS.len() {
            if ROWS[at].on_by_default && ROWS[at].locations.has(Location::Header) {
                set = set.with(ROWS[at].class);
            }
            at += 1;
        }
        set
    };

    /// The classes in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        let mut left = self.bits();
        core::iter::from_fn(move || {
            let class = Class::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*class)
        })
    }
}
