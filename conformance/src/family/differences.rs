//! Differences from the family, declared in `family.toml`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use super::suite::{Content, Suite};
use super::{Aspect, Disagreement};

/// The declared differences.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// The entries.
    #[serde(default)]
    pub difference: Vec<Difference>,
}

/// One declared difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The suite, such as `sqli`.
    pub suite: String,
    /// Its cases that differ in the same way.
    pub cases: Vec<String>,
    /// The aspect.
    pub aspect: Aspect,
    /// Why.
    pub reason: String,
}

impl Differences {
    /// Those of this version.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn current() -> Result<Self, String> {
        Self::parse(include_str!("../../family.toml"))
    }

    /// Parse the text of `family.toml`.
    ///
    /// # Errors
    /// What is wrong with it: an entry without a reason, without cases, or for an aspect that is declared already.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed: Self = toml::from_str(text).map_err(|error| format!("family.toml: {error}"))?;
        let mut declared = BTreeSet::new();
        for entry in &parsed.difference {
            let Difference { suite, cases, aspect, reason } = entry;
            if cases.is_empty() {
                return Err(format!("family.toml: {suite}: {aspect}: names no case"));
            }
            if reason.trim().is_empty() {
                return Err(format!("family.toml: {suite}: {}: needs a reason", cases.join(", ")));
            }
            if let Some(twice) = cases.iter().find(|case| !declared.insert((suite, *case, *aspect))) {
                return Err(format!("family.toml: {suite}/{twice}: {aspect} is declared twice"));
            }
        }
        Ok(parsed)
    }

    fn about<'d>(&'d self, suite: &str, case: &str) -> impl Iterator<Item = &'d Difference> {
        let entries = self.difference.iter();
        entries.filter(move |entry| entry.suite == suite && entry.cases.iter().any(|known| known == case))
    }

    /// Compare the disagreements of a case with the declared ones, and count the aspects that differ as declared.
    ///
    /// # Errors
    /// Disagreements that are not declared, and declared ones that were not observed.
    pub fn compare(&self, suite: &str, case: &str, found: &[Disagreement]) -> Result<usize, String> {
        let declared: Vec<&Difference> = self.about(suite, case).collect();
        let mut wrong = String::new();
        for Disagreement { aspect, what } in found {
            if !declared.iter().any(|entry| entry.aspect == *aspect) {
                let _ = writeln!(wrong, "{aspect}: {what}");
            }
        }
        for entry in &declared {
            if !found.iter().any(|disagreement| disagreement.aspect == entry.aspect) {
                let (aspect, reason) = (entry.aspect, &entry.reason);
                let _ = writeln!(wrong, "{aspect} agrees after all; remove it from family.toml ({reason})");
            }
        }
        if wrong.is_empty() { Ok(declared.len()) } else { Err(wrong) }
    }

    /// Entries that name no case that runs.
    #[must_use]
    pub fn unused(&self, suites: &[Suite]) -> Vec<String> {
        let runs = |suite: &str, id: &str| {
            let cases = suites.iter().filter(|known| known.name == suite).flat_map(|suite| &suite.cases);
            cases.into_iter().any(|case| case.id == id && !matches!(case.content, Content::Skipped(_)))
        };
        let named =
            self.difference.iter().flat_map(|entry| entry.cases.iter().map(|case| (&entry.suite, case)));
        let stray = named.filter(|(suite, case)| !runs(suite, case));
        stray.map(|(suite, case)| format!("{suite}/{case}")).collect()
    }

    /// The list as a table in Markdown, for the documentation.
    #[must_use]
    pub fn table(&self) -> String {
        let head = String::from("| suite | cases | differs in | why |\n|---|---|---|---|\n");
        self.difference.iter().fold(head, |mut table, entry| {
            let Difference { suite, cases, aspect, reason } = entry;
            let _ = writeln!(table, "| `{suite}` | `{}` | {aspect} | {reason} |", cases.join("`, `"));
            table
        })
    }
}
