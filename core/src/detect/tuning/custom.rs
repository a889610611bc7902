//! The operator's patterns: a class beside the built-in ones.
//!
//! They are searched for in values in which no built-in class found an attack, in the original value and once more after all
//! decoding. A match alone is an attack.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::decode::work::work;
use crate::detect::evidence::{Class, Location, Rule};
use crate::detect::tuning::Problem;
use crate::pattern::Patterns;

/// Patterns of one configuration.
const MAX_PATTERNS: usize = 1_000;
/// The longest id.
const MAX_ID: usize = 64;

/// A pattern of the operator as configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatternSource<'c> {
    pub(crate) id: &'c str,
    pub(crate) pattern: &'c str,
    pub(crate) locations: &'c [PatternLocation],
}

/// A part of a request that a pattern may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatternLocation {
    /// The query.
    Query,
    /// The path.
    Path,
    /// The headers, without cookies.
    Header,
    /// The cookies.
    Cookie,
    /// The body, and messages.
    Body,
}

impl PatternLocation {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::Query, Self::Path, Self::Header, Self::Cookie, Self::Body];
}

/// Compiled patterns of the operator.
#[derive(Debug, Default)]
pub(crate) struct CustomPatterns {
    patterns: Option<Patterns>,
    /// What each of them is called and applies to.
    named: Vec<NamedPattern>,
    /// Where any of them applies.
    locations: RequestParts,
}

#[derive(Debug)]
struct NamedPattern {
    id: String,
    locations: RequestParts,
}

impl CustomPatterns {
    /// The patterns, and what is wrong with them.
    pub(crate) fn compile(list: &[PatternSource<'_>]) -> (Self, Vec<Problem>) {
        let mut ids = BTreeSet::new();
        let mut custom = Self::default();
        let mut problems = Vec::new();
        for (index, pattern) in list.iter().enumerate() {
            if let Err(text) = check_id(pattern.id, &mut ids) {
                problems.push(Problem::at(index, "id", text));
            }
            let locations = RequestParts::compile(pattern.locations, index, &mut problems);
            custom.locations = custom.locations.and(locations);
            custom.named.push(NamedPattern { id: pattern.id.into(), locations });
        }
        if list.len() > MAX_PATTERNS {
            let text = format!("{} patterns; at most {MAX_PATTERNS} fit", list.len());
            problems.push(Problem { index: None, field: String::new(), text });
        } else if !list.is_empty() {
            match compile(list) {
                Ok(patterns) => custom.patterns = Some(patterns),
                Err((index, text)) => problems.push(Problem::at(index, "pattern", text)),
            }
        }
        (custom, problems)
    }

    /// Whether any pattern applies to values from `location`.
    pub(crate) const fn applies_to(&self, location: Location) -> bool {
        self.locations.has(RequestParts::of(location))
    }

    /// The ids of the patterns.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|named| named.id.as_str())
    }

    /// The first pattern that matches `bytes` from `location` and is on, as its index, and the first before it that
    /// matches and is in shadow.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        location: Location,
        is_off: &dyn Fn(&str) -> bool,
        in_shadow: &dyn Fn(&str) -> bool,
    ) -> PatternMatches {
        let Some(patterns) = self.patterns.as_ref() else { return PatternMatches::default() };
        work(bytes.len());
        let location = RequestParts::of(location);
        let mut shadow = None;
        let on = patterns.find_where(bytes, &mut |index| {
            let named = &self.named[index];
            let on = named.locations.has(location) && !is_off(&named.id);
            if on && in_shadow(&named.id) {
                shadow = shadow.or(Some(index));
                return false;
            }
            on
        });
        PatternMatches { on, shadow }
    }

    /// The id of a pattern, and the first bytes that it matches.
    pub(super) fn locate(&self, index: usize, bytes: &[u8]) -> (&str, (usize, usize)) {
        let span = self.patterns.as_ref().map_or((0, 0), |patterns| patterns.locate(index, bytes));
        (&self.named[index].id, span)
    }
}

/// Indices of patterns that match.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PatternMatches {
    pub(super) on: Option<usize>,
    pub(super) shadow: Option<usize>,
}

fn compile(list: &[PatternSource<'_>]) -> Result<Patterns, (usize, String)> {
    let texts: Vec<&str> = list.iter().map(|pattern| pattern.pattern).collect();
    let patterns = Patterns::compile(&texts, false)?;
    match patterns.find(b"") {
        Some(index) => {
            Err((index, "matches empty text, and so everywhere; require at least one byte".into()))
        }
        None => Ok(patterns),
    }
}

/// Ids share exclusions, events and logs with rule ids and class names.
fn check_id<'i>(id: &'i str, known: &mut BTreeSet<&'i str>) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !(1..=MAX_ID).contains(&id.len()) || !id.bytes().all(fits) {
        return Err(format!("must be 1 to {MAX_ID} letters, digits, `.`, `_` and `-`, such as `acme-1`"));
    }
    if Class::named(id).is_some() || Rule::named(id).is_some() {
        return Err(format!("`{id}` is the name of something built in; choose another"));
    }
    if known.insert(id) { Ok(()) } else { Err(format!("there is a pattern `{id}` already")) }
}

/// Parts of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RequestParts(u8);

impl RequestParts {
    fn compile(parts: &[PatternLocation], index: usize, problems: &mut Vec<Problem>) -> Self {
        let locations = parts.iter().fold(Self::default(), |set, part| set.and(Self::only(*part)));
        if parts.is_empty() {
            let text = "names no location to look in; leave it out for all of them";
            problems.push(Problem::at(index, "locations", text));
        }
        locations
    }

    /// The part that values from `location` belong to. Everything after the head is body, messages too.
    const fn of(location: Location) -> Self {
        Self::only(match location {
            Location::Path | Location::Segment => PatternLocation::Path,
            Location::QueryName | Location::Query | Location::LinkedName => PatternLocation::Query,
            Location::Header => PatternLocation::Header,
            Location::Cookie => PatternLocation::Cookie,
            _ => PatternLocation::Body,
        })
    }

    const fn only(part: PatternLocation) -> Self {
        Self(1 << part as u8)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[cfg(test)]
mod tests;
