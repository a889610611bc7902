//! Differences that a target cannot avoid, declared.
//!
//! An entry declares that one case does not hold on one target, and why. The case runs all the same: an entry whose case
//! holds, or does not exist, fails the run. So the list can only shrink.

use serde::Deserialize;

/// The declared differences.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifferences {
    /// The entries.
    #[serde(default)]
    pub difference: Vec<Difference>,
}

/// One declared difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The target that differs.
    pub target: String,
    /// The vector file, such as `identity/forwarded`.
    pub file: String,
    /// The case.
    pub case: String,
    /// Why it cannot be avoided.
    pub reason: String,
}

impl KnownDifferences {
    /// Parse the text of `known.toml`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known: Self = toml::from_str(text).map_err(|error| format!("known.toml: {error}"))?;
        match known.difference.iter().find(|difference| difference.reason.trim().is_empty()) {
            Some(bare) => Err(format!("known.toml: {} {}: needs a reason", bare.file, bare.case)),
            None => Ok(known),
        }
    }

    /// The entry about a case on a target.
    #[must_use]
    pub fn find(&self, target: &str, file: &str, case: &str) -> Option<&Difference> {
        let is = |entry: &&Difference| entry.target == target && entry.file == file && entry.case == case;
        self.difference.iter().find(is)
    }
}
