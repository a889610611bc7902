//! `[[detect.pattern]]`: custom patterns.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
pub use crate::detect::PatternLocation;

section! {
    own setters
    /// `[[detect.pattern]]`: a pattern whose matches are attacks. It is searched in raw and decoded values in which no
    /// built-in class matched; its class is `custom`, its rule the id.
    ///
    /// The syntax is that of common regular expressions without look-around and back-references; case matters unless
    /// the pattern starts with `(?i)`, and `\w`, `\d`, `\s` and `\b` match ASCII only. All patterns together must fit
    /// an automaton of 1MiB.
    pub struct Pattern {
        /// The name in events and exclusions: 1 to 64 letters, digits, `.`, `_` and `-`.
        leaf id: String = String::new(),
        /// The regular expression.
        leaf pattern: String = String::new(),
        /// The locations to search: `query`, `path`, `header`, `cookie`, `body`. Default: all of them.
        leaf locations: Vec<PatternLocation> = PatternLocation::ALL.into(),
    }
}

impl Pattern {
    /// A pattern that is searched in all locations.
    #[must_use]
    pub fn new(id: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self { id: id.into(), pattern: pattern.into(), ..Self::default() }
    }

    /// Search this pattern in these locations only.
    #[must_use]
    pub fn locations(mut self, locations: impl IntoIterator<Item = PatternLocation>) -> Self {
        self.locations = locations.into_iter().collect();
        self
    }
}

impl Choice for PatternLocation {
    const OPTIONS: &'static [(&'static str, Self)] = &[
        ("query", Self::Query),
        ("path", Self::Path),
        ("header", Self::Header),
        ("cookie", Self::Cookie),
        ("body", Self::Body),
    ];
}
