//! The operator's own patterns: a class of attack beside the built-in ones.
//!
//! They are searched for in values in which no built-in class found anything, as they came and once more after all
//! decoding. A pattern that matches is an attack by itself: whoever wrote it has weighed it.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::decode::work::work;
use super::exclude::unknown;
use super::scan::ScanOptions;
use super::source::Source;
use super::{Class, Decodings, Finding, Location, Rule};
use crate::config::{ConfigErrors, Pattern};
use crate::pattern::Patterns;

/// Patterns of one configuration.
const MAX_PATTERNS: usize = 1_000;
/// The longest id.
const MAX_ID: usize = 64;

/// Compiled patterns of the operator.
#[derive(Debug, Default)]
pub(crate) struct CustomPatterns {
    patterns: Option<Patterns>,
    /// What each of them is called and applies to.
    named: Vec<Named>,
    /// Where any of them applies.
    places: Locations,
}

#[derive(Debug)]
struct Named {
    id: String,
    places: Locations,
}

impl CustomPatterns {
    pub(crate) fn compile(list: &[Pattern], path: &str, errors: &mut ConfigErrors) -> Self {
        let mut ids = BTreeSet::new();
        let mut custom = Self::default();
        for (index, pattern) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if let Err(problem) = check_id(&pattern.id, &mut ids) {
                errors.push(format!("{path}.id"), problem);
            }
            let places = Locations::compile(&pattern.places, &format!("{path}.places"), errors);
            custom.places = custom.places.and(places);
            custom.named.push(Named { id: pattern.id.clone(), places });
        }
        if list.len() > MAX_PATTERNS {
            errors.push(path, format!("{} patterns; at most {MAX_PATTERNS} fit", list.len()));
        } else if !list.is_empty() {
            match compile(list) {
                Ok(patterns) => custom.patterns = Some(patterns),
                Err((index, problem)) => errors.push(format!("{path}[{index}].pattern"), problem),
            }
        }
        custom
    }

    /// Whether any pattern applies to values from `origin`.
    pub(crate) const fn applies_to(&self, origin: Location) -> bool {
        self.places.has(Locations::of(origin))
    }

    /// The ids of the patterns.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|named| named.id.as_str())
    }

    /// The class of the rule or pattern called `id`.
    pub(crate) fn class_of(&self, id: &str) -> Option<Class> {
        let pattern = self.ids().any(|known| known == id).then_some(Class::Custom);
        pattern.or_else(|| Rule::named(id).map(|rule| rule.class))
    }

    /// The first pattern that matches the value as it came, or else its last view. What it holds in base64 is asked about
    /// the views of that alone: the value has been asked about.
    pub(super) fn recognise(&self, last: &Source<'_>, tuning: &ScanOptions<'_>) -> Option<Box<Finding>> {
        let raw = Source { bytes: last.surface.value, steps: Decodings::RAW, ..*last };
        let found = if last.outer.is_none() { self.search(&raw, tuning) } else { None };
        found.or_else(|| if last.steps == Decodings::RAW { None } else { self.search(last, tuning) })
    }

    fn search(&self, source: &Source<'_>, tuning: &ScanOptions<'_>) -> Option<Box<Finding>> {
        let patterns = self.patterns.as_ref()?;
        work(source.bytes.len());
        let place = Locations::of(source.surface.origin);
        let finding = |index: usize| {
            let (id, span) = (&self.named[index].id, patterns.locate(index, source.bytes));
            Box::new(Finding::of_pattern(id, source, span, tuning.threshold, tuning.masks()))
        };
        let in_trial = |id: &str| tuning.trial.is_some_and(|trial| (trial.covers)(Class::Custom, id));
        let mut tried = None;
        let found = patterns.find_where(source.bytes, &mut |index| {
            let named = &self.named[index];
            let on = named.places.has(place) && !tuning.off.is_some_and(|off| off(Class::Custom, &named.id));
            if on && in_trial(&named.id) {
                tried = tried.or(Some(index));
                return false;
            }
            on
        });
        let trial = tuning.trial.filter(|trial| found.is_none() && trial.is_open());
        if let (Some(index), Some(trial)) = (tried, trial) {
            *trial.found.borrow_mut() = Some(finding(index));
        }
        found.map(finding)
    }
}

fn compile(list: &[Pattern]) -> Result<Patterns, (usize, String)> {
    let texts: Vec<&str> = list.iter().map(|pattern| pattern.pattern.as_str()).collect();
    let patterns = Patterns::compile(&texts, false)?;
    match patterns.find(b"") {
        Some(index) => Err((
            index,
            "matches where there is nothing, and so everywhere; ask for at least one byte".into(),
        )),
        None => Ok(patterns),
    }
}

/// An id stands beside those of rules and the names of classes, in exclusions, events and logs.
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
struct Locations(u8);

impl Locations {
    const QUERY: Self = Self(1);
    const PATH: Self = Self(1 << 1);
    const HEADER: Self = Self(1 << 2);
    const COOKIE: Self = Self(1 << 3);
    const BODY: Self = Self(1 << 4);

    fn compile(names: &[String], path: &str, errors: &mut ConfigErrors) -> Self {
        let known = Pattern::PLACES;
        let bits = [Self::QUERY, Self::PATH, Self::HEADER, Self::COOKIE, Self::BODY];
        let mut places = Self::default();
        for (index, name) in names.iter().enumerate() {
            match known.iter().zip(bits).find(|(known, _)| *known == name) {
                Some((_, place)) => places = places.and(place),
                None => errors.push(format!("{path}[{index}]"), unknown("place", name, &known)),
            }
        }
        if names.is_empty() {
            errors.push(path, "names no place to look in; leave it out for all of them");
        }
        places
    }

    /// The part that values from `origin` belong to. Whatever stands behind the head is body, messages too.
    const fn of(origin: Location) -> Self {
        match origin {
            Location::Path | Location::Segment => Self::PATH,
            Location::QueryName | Location::Query | Location::LinkedName => Self::QUERY,
            Location::Header => Self::HEADER,
            Location::Cookie => Self::COOKIE,
            _ => Self::BODY,
        }
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
