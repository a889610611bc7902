//! Exclusions: locations where a class or rule does not apply.
//!
//! An exclusion that could match nothing (an unknown rule, a rule of another class, two locations at once) is a
//! configuration error. One with a path applies only to requests whose path is unambiguous, so that a stricter path
//! cannot be spelled to match a looser one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use crate::detect::decode::work::work;
use crate::detect::evidence::{Class, ClassSet, Input, Location, Rule};
use crate::detect::tuning::CustomRules;
use crate::detect::tuning::Problem;
use crate::text::unknown;

/// Compiled exclusions.
#[derive(Debug, Default)]
pub(crate) struct Exclusions(Vec<Exclusion>);

/// An exclusion as configured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExclusionSource<'c> {
    pub(crate) path: Option<&'c str>,
    pub(crate) query: Option<&'c str>,
    /// In lower case.
    pub(crate) header: Option<&'c str>,
    pub(crate) cookie: Option<&'c str>,
    pub(crate) field: Option<&'c str>,
    pub(crate) class: Option<Class>,
    pub(crate) rule: Option<&'c str>,
}

/// The path of a request, as exclusions see it. The default is below nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestPath<'r> {
    path: &'r str,
    /// Whether routers could read it in different ways: then it is below nothing. Looked at once, and only if it matters.
    ambiguous: OnceCell<bool>,
}

impl<'r> RequestPath<'r> {
    pub(crate) const fn of(path: &'r str) -> Self {
        Self { path, ambiguous: OnceCell::new() }
    }

    /// Whether this is `root`, which has no slash at its end, or below it.
    pub(crate) fn is_below(&self, root: &str) -> bool {
        let below = self.path.strip_prefix(root);
        below.is_some_and(|rest| rest.is_empty() && !root.is_empty() || rest.starts_with('/'))
            && !*self.ambiguous.get_or_init(|| is_ambiguous(self.path))
    }
}

#[derive(Debug)]
struct Exclusion {
    path: Option<String>,
    location: Option<ExclusionLocation>,
    what: ExclusionTarget,
}

#[derive(Debug)]
enum ExclusionLocation {
    Query(String),
    Header(String),
    Cookie(String),
    Field(String),
}

#[derive(Debug)]
enum ExclusionTarget {
    Everything,
    Class(Class),
    Rules(Vec<String>),
}

impl Exclusions {
    /// The exclusions, and what is wrong with them. `enabled` are the classes that are on.
    pub(crate) fn compile(
        list: &[ExclusionSource<'_>],
        enabled: ClassSet,
        custom: &CustomRules,
    ) -> (Self, Vec<Problem>) {
        let (mut compiled, mut problems) = (Vec::new(), Vec::new());
        for (index, exclude) in list.iter().enumerate() {
            match Exclusion::compile(exclude, enabled, custom) {
                Ok(exclusion) => compiled.push(exclusion),
                Err((field, text)) => problems.push(Problem::at(index, field, text)),
            }
        }
        (Self(compiled), problems)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a header's value may be clean only because of an exclusion.
    pub(crate) fn reach_headers(&self) -> bool {
        self.0.iter().any(|exclusion| matches!(exclusion.location, None | Some(ExclusionLocation::Header(_))))
    }

    /// Whether `rule` of `class` does not apply to `input` of a request with this path. Called for every match of a rule
    /// that is off, so the cost must not grow with anything the client chose.
    pub(crate) fn covers(
        &self,
        request: &RequestPath<'_>,
        input: &Input<'_>,
        (class, rule): (Class, &str),
    ) -> bool {
        self.0.iter().any(|exclusion| exclusion.covers(request, input, (class, rule)))
    }
}

impl Exclusion {
    fn compile(
        exclude: &ExclusionSource<'_>,
        enabled: ClassSet,
        custom: &CustomRules,
    ) -> Result<Self, (&'static str, String)> {
        let mut locations = [
            exclude.query.map(|name| ExclusionLocation::Query(name.into())),
            exclude.header.map(|name| ExclusionLocation::Header(name.into())),
            exclude.cookie.map(|name| ExclusionLocation::Cookie(name.into())),
            exclude.field.map(|name| ExclusionLocation::Field(name.into())),
        ]
        .into_iter()
        .flatten();
        let location = locations.next();
        if locations.next().is_some() {
            return Err((
                "",
                "no value is in two locations; give one of `query`, `header`, `cookie` and `field`".into(),
            ));
        }
        if location.is_none() && exclude.path.is_none() && exclude.class.is_none() && exclude.rule.is_none() {
            return Err(("", "excludes nothing or everything; name a location, a class or a rule".into()));
        }
        if exclude.header == Some("cookie") {
            return Err(("header", "cookies are inspected one by one; use `cookie`".into()));
        }
        if exclude.path.is_some_and(|path| !path.starts_with('/') || is_ambiguous(path)) {
            return Err((
                "path",
                "must start with `/` and be written without escapes, dots or empty segments".into(),
            ));
        }
        Ok(Self {
            path: exclude.path.map(|path| path.trim_end_matches('/').into()),
            location,
            what: ExclusionTarget::compile(exclude, enabled, custom)?,
        })
    }

    fn covers(&self, request: &RequestPath<'_>, input: &Input<'_>, (class, rule): (Class, &str)) -> bool {
        let what = match &self.what {
            ExclusionTarget::Everything => true,
            ExclusionTarget::Class(excluded) => class == *excluded,
            ExclusionTarget::Rules(ids) => ids.iter().any(|id| id == rule),
        };
        what && self.location.as_ref().is_none_or(|location| location.holds(input))
            && self.path.as_ref().is_none_or(|path| request.is_below(path))
    }
}

impl ExclusionLocation {
    fn holds(&self, input: &Input<'_>) -> bool {
        let named = match self {
            Self::Header(name) => input.name.eq_ignore_ascii_case(name.as_bytes()),
            Self::Query(name) | Self::Cookie(name) | Self::Field(name) => input.name == name.as_bytes(),
        };
        named && self.contains(input.location)
    }

    /// Whether it includes values of this location. The match is exhaustive, so that a new location is assigned to one.
    const fn contains(&self, location: Location) -> bool {
        match location {
            Location::Query => matches!(self, Self::Query(_)),
            Location::LinkedName => matches!(self, Self::Query(_) | Self::Field(_)),
            Location::Header => matches!(self, Self::Header(_)),
            Location::Cookie => matches!(self, Self::Cookie(_)),
            Location::Field
            | Location::Json
            | Location::Part
            | Location::FileName
            | Location::Xml
            | Location::Graphql => matches!(self, Self::Field(_)),
            // Names, and values without one.
            Location::Path
            | Location::Segment
            | Location::QueryName
            | Location::FieldName
            | Location::JsonKey
            | Location::PartHeader
            | Location::Text
            | Location::Message => false,
        }
    }
}

impl ExclusionTarget {
    fn compile(
        exclude: &ExclusionSource<'_>,
        enabled: ClassSet,
        custom: &CustomRules,
    ) -> Result<Self, (&'static str, String)> {
        let class = exclude.class;
        if let Some(class) = class.filter(|class| !enabled.has(*class)) {
            return Err(("class", format!("`{class}` is not looked for, so there is nothing to exclude")));
        }
        let Some(id) = exclude.rule else { return Ok(class.map_or(Self::Everything, Self::Class)) };
        let Some((of, ids)) = custom.resolve(id) else {
            let ids: Vec<&str> = Rule::all().map(|rule| rule.id).chain(custom.ids()).collect();
            return Err(("rule", unknown("rule", id, &ids)));
        };
        if class.is_some_and(|class| class != of) || !enabled.has(of) {
            return Err(("rule", format!("`{id}` is a rule of `{of}`, which is not what is excluded here")));
        }
        Ok(Self::Rules(ids))
    }
}

/// Whether routers could read the path in different ways.
pub(crate) fn is_ambiguous(path: &str) -> bool {
    work(path.len());
    let odd = path.bytes().any(|byte| matches!(byte, b'%' | b'\\' | b';') || byte < 0x20);
    odd || path.contains("//") || path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::decode::work::work_of;

    #[test]
    fn a_long_path_is_looked_at_once_however_often_an_excluded_rule_matches() {
        let exclude = ExclusionSource { path: Some("/cms"), ..ExclusionSource::default() };
        let (list, problems) = Exclusions::compile(&[exclude], ClassSet::ALL, &CustomRules::default());
        assert_eq!(problems, []);
        let path = format!("/cms/{}", "a/".repeat(30_000));
        let input = Input { location: Location::Text, name: b"", value: b"" };
        let rule = Rule::all().next().unwrap();
        let work = work_of(|| {
            let request = RequestPath::of(&path);
            assert!((0..1_000).all(|_| list.covers(&request, &input, (rule.class, rule.id))));
        });
        assert!(work <= path.len(), "{work} bytes of work");
    }

    #[test]
    fn former_names_exclude_the_classes_and_rules_of_today() {
        let class = ExclusionSource { class: Some(Class::PathTraversal), ..ExclusionSource::default() };
        let rule = ExclusionSource { rule: Some("shell.call"), ..ExclusionSource::default() };
        let (list, problems) = Exclusions::compile(&[class, rule], ClassSet::ALL, &CustomRules::default());
        assert_eq!(problems, []);
        let input = Input { location: Location::Text, name: b"", value: b"" };
        let covers = |class, rule| list.covers(&RequestPath::default(), &input, (class, rule));
        assert!(covers(Class::PathTraversal, "path_traversal.climb"));
        assert!(covers(Class::CommandInjection, "command_injection.call"));
        assert!(!covers(Class::CommandInjection, "command_injection.alias"));
    }
}
