//! `[[detect.pattern]]`: what an operator looks for besides the built-in classes.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;

section! {
    /// `[[detect.pattern]]`: a pattern that is an attack wherever it matches. It is searched for in values as they came and
    /// after decoding, where no built-in class found anything; its class is `custom` and its id that of the rule.
    ///
    /// The syntax is that of common regular expressions without look-around and back-references; case matters unless the
    /// pattern starts with `(?i)`, and `\w`, `\d`, `\s` and `\b` know ASCII only. All patterns together must fit an automaton
    /// of 1MiB.
    pub struct Pattern {
        /// What it is called in events and exclusions: 1 to 64 letters, digits, `.`, `_` and `-`.
        leaf id: String = String::new(),
        /// The regular expression.
        leaf pattern: String = String::new(),
        /// Where it is searched for: `query`, `path`, `header`, `cookie`, `body`. Default: all of them.
        leaf places: Vec<String> = crate::detect::PATTERN_PLACES.map(String::from).into(),
    }
}

impl Pattern {
    /// A pattern that is searched for everywhere.
    #[must_use]
    pub fn new(id: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self { id: id.into(), pattern: pattern.into(), ..Self::default() }
    }

    /// This pattern, searched for in these places only.
    #[must_use]
    pub fn places<P: Into<String>>(mut self, places: impl IntoIterator<Item = P>) -> Self {
        self.places = places.into_iter().map(Into::into).collect();
        self
    }
}
