//! The recognisers of a configuration: the listed names, and the code registered under them.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::detect::decode::View;
use crate::detect::evidence::{Class, Evidence, Input, Location, MAX_ITEMS, MAX_THRESHOLD, Rule};
use crate::detect::tuning::{CustomEvidence, CustomPatterns, CustomRecogniser, Problem, Recognisers};
use crate::text::unknown;

/// Recognisers of one configuration.
const MAX_RECOGNISERS: usize = 32;
/// The longest name, and the longest id of a rule after it.
const MAX_NAME: usize = 64;

/// Compiled recognisers.
#[derive(Debug, Default)]
pub(crate) struct InstalledRecognisers(Vec<InstalledRecogniser>);

/// A listed recogniser. Without code while a configuration is only checked.
struct InstalledRecogniser {
    name: String,
    code: Option<Arc<dyn CustomRecogniser>>,
    rules: &'static [Rule],
    /// One bit for each location that it reads.
    locations: u32,
}

impl InstalledRecognisers {
    /// The recognisers of these names, and what is wrong with them. Without `registered`, names of rules are not known and
    /// not checked.
    pub(crate) fn compile(
        names: &[String],
        registered: Option<&Recognisers>,
        patterns: &CustomPatterns,
    ) -> (Self, Vec<Problem>) {
        let (mut installed, mut problems) = (Self::default(), Vec::new());
        let mut known = BTreeSet::new();
        for (index, name) in names.iter().enumerate().take(MAX_RECOGNISERS) {
            let checked = check_name(name, &mut known, patterns);
            match checked.and_then(|()| InstalledRecogniser::new(name, registered)) {
                Ok(recogniser) => installed.0.push(recogniser),
                Err(text) => problems.push(Problem::at(index, "", text)),
            }
        }
        if names.len() > MAX_RECOGNISERS {
            let text = format!("{} recognisers; at most {MAX_RECOGNISERS} fit", names.len());
            problems.push(Problem { index: None, field: String::new(), text });
        }
        (installed, problems)
    }

    /// One bit for each location that any of them reads.
    pub(super) fn locations(&self) -> u32 {
        self.0.iter().fold(0, |bits, recogniser| bits | recogniser.locations)
    }

    /// The names of the recognisers, and the ids of their rules.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let rules = |recogniser: &InstalledRecogniser| recogniser.rules.iter().map(|rule| rule.id);
        self.0
            .iter()
            .flat_map(move |installed| core::iter::once(installed.name.as_str()).chain(rules(installed)))
    }

    /// The ids of the rules that `id` names: the rule, or all rules of the recogniser.
    pub(super) fn resolve(&self, id: &str) -> Option<Vec<String>> {
        self.0.iter().find_map(|recogniser| recogniser.resolve(id))
    }

    /// For each recogniser that reads values from `location`, the evidence in the view.
    pub(in crate::detect) fn evidence<'i>(
        &'i self,
        location: Location,
        view: &'i View<'_>,
    ) -> impl Iterator<Item = (&'static [Rule], CustomEvidence)> + 'i {
        let reading =
            self.0.iter().filter(move |recogniser| recogniser.locations & 1 << location as u32 != 0);
        reading.filter_map(move |recogniser| {
            let mut evidence = CustomEvidence::new();
            let input = Input { location, name: view.name, value: view.bytes };
            recogniser.code.as_ref()?.recognise(&input, &mut evidence);
            Some((recogniser.rules, evidence))
        })
    }
}

impl InstalledRecogniser {
    fn new(name: &str, registered: Option<&Recognisers>) -> Result<Self, String> {
        let Some(registered) = registered else {
            return Ok(Self { name: name.into(), code: None, rules: &[], locations: 0 });
        };
        let Some(code) = registered.get(name) else {
            let known: Vec<&str> = registered.names().collect();
            let register = "register it with `GuardBuilder::recogniser`, or `Recognisers::with`";
            return Err(format!("{}; {register}", unknown("registered recogniser", name, &known)));
        };
        let rules = code.rules();
        check_rules(name, rules)?;
        let reads = Location::ALL.into_iter().filter(|location| code.reads(*location));
        let locations = reads.fold(0, |bits, location| bits | 1 << location as u32);
        Ok(Self { name: name.into(), code: Some(Arc::clone(code)), rules, locations })
    }

    fn resolve(&self, id: &str) -> Option<Vec<String>> {
        let rest = id.strip_prefix(self.name.as_str())?;
        let is_declared = |id| self.code.is_none() || self.rules.iter().any(|rule| rule.id == id);
        match rest.strip_prefix('.') {
            None if rest.is_empty() => Some(self.rules.iter().map(|rule| rule.id.into()).collect()),
            Some(_) if is_declared(id) => Some(Vec::from([id.into()])),
            _ => None,
        }
    }
}

impl fmt::Debug for InstalledRecogniser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstalledRecogniser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Add evidence of declared rules, within the view.
pub(in crate::detect) fn add_declared(
    rules: &'static [Rule],
    found: &CustomEvidence,
    view: &View<'_>,
    evidence: &mut Evidence<'_>,
) {
    for (rule, span) in found.items() {
        if let Some(declared) = rules.iter().find(|declared| declared.id == rule.id) {
            let end = span.end.min(view.bytes.len());
            evidence.add(declared, span.start.min(end)..end);
        }
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fits)
}

/// Rules share exclusions, events and logs with classes and patterns.
fn check_name<'n>(
    name: &'n str,
    known: &mut BTreeSet<&'n str>,
    patterns: &CustomPatterns,
) -> Result<(), String> {
    if !is_name(name) {
        return Err(format!("must be 1 to {MAX_NAME} letters, digits, `_` and `-`, such as `coupons`"));
    }
    if Class::named(name).is_some() {
        return Err(format!("`{name}` is the name of a built-in class; choose another"));
    }
    let is_below =
        |id: &str| id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some(pattern) = patterns.ids().find(|id| is_below(id)) {
        return Err(format!("the pattern `{pattern}` has the id of one of its rules; rename one of them"));
    }
    if known.insert(name) { Ok(()) } else { Err(format!("`{name}` is listed twice")) }
}

fn check_rules(name: &str, rules: &'static [Rule]) -> Result<(), String> {
    if !(1..=MAX_ITEMS).contains(&rules.len()) {
        return Err(format!("`{name}` declares {} rules; 1 to {MAX_ITEMS} fit", rules.len()));
    }
    let mut ids = BTreeSet::new();
    for rule in rules {
        let rest = rule.id.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        if !rest.is_some_and(is_name) {
            return Err(format!(
                "its rule `{}` must be called `{name}.` and a name, such as `{name}.known`",
                rule.id
            ));
        }
        if rule.class != Class::Custom || !(1..=MAX_THRESHOLD).contains(&rule.weight) {
            return Err(format!(
                "its rule `{}` must have a weight of 1 to {MAX_THRESHOLD}; see `Rule::custom`",
                rule.id
            ));
        }
        if !ids.insert(rule.id) {
            return Err(format!("its rule `{}` is declared twice", rule.id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
