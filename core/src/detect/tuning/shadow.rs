//! Rules in shadow (report-only): a rule or pattern is tried on real traffic without rejecting requests.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::evidence::{Class, ClassSet, Rule};
use crate::detect::tuning::{CustomRules, Problem};
use crate::text::unknown;

/// Compiled names of what is in shadow.
#[derive(Debug, Default)]
pub(crate) struct ShadowRules {
    classes: ClassSet,
    rules: Vec<String>,
}

impl ShadowRules {
    /// The classes, rules and patterns of these names, and what is wrong with the names.
    pub(crate) fn compile(names: &[String], custom: &CustomRules) -> (Self, Vec<Problem>) {
        let mut shadow = Self::default();
        let mut problems = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if let Some(class) = Class::named(name) {
                shadow.classes = shadow.classes.with(class);
            } else if let Some((_, ids)) = custom.resolve(name) {
                shadow.rules.extend(ids);
            } else {
                let classes = Class::ALL.map(Class::name).into_iter();
                let known: Vec<&str> =
                    classes.chain(Rule::all().map(|rule| rule.id)).chain(custom.ids()).collect();
                problems.push(Problem::at(index, "", unknown("class, rule or pattern", name, &known)));
            }
        }
        (shadow, problems)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.classes.is_empty() && self.rules.is_empty()
    }

    /// Whether `rule` of `class` is in shadow.
    pub(crate) fn covers(&self, class: Class, rule: &str) -> bool {
        self.classes.has(class) || self.rules.iter().any(|known| known == rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tuning::{CustomPatterns, InstalledRecognisers, PatternLocation, PatternSource};

    fn compile(names: &[&str]) -> (ShadowRules, Vec<Problem>) {
        let pattern = PatternSource { id: "acme-1", pattern: "acme", locations: &[PatternLocation::Query] };
        let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
        let patterns = CustomPatterns::compile(&[pattern]).0;
        ShadowRules::compile(&names, &CustomRules::new(patterns, InstalledRecognisers::default()))
    }

    #[test]
    fn names_are_those_of_classes_rules_and_patterns() {
        let (shadow, problems) = compile(&["sqli", "xss.call", "acme-1"]);
        assert_eq!(problems, []);
        assert!(shadow.covers(Class::Sqli, "sqli.sleep") && shadow.covers(Class::Xss, "xss.call"));
        assert!(shadow.covers(Class::Custom, "acme-1"));
        assert!(!shadow.covers(Class::Xss, "xss.cookie") && !shadow.covers(Class::Custom, "acme-2"));
        assert!(ShadowRules::default().is_empty() && !shadow.is_empty());
    }

    #[test]
    fn former_names_are_those_of_today() {
        let (shadow, problems) = compile(&["shell", "xml.growth"]);
        assert_eq!(problems, []);
        assert!(shadow.covers(Class::CommandInjection, "command_injection.call"));
        assert!(shadow.covers(Class::Xxe, "xxe.growth") && !shadow.covers(Class::Xxe, "xxe.include"));
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let (_, problems) = compile(&["sqly", "xss.cal", "acme-2", "sqli"]);
        for (at, nearest) in ["sqli", "xss.call", "acme-1"].into_iter().enumerate() {
            let Problem { index, field, text } = &problems[at];
            assert_eq!((*index, field.as_str()), (Some(at), ""));
            assert!(text.starts_with("there is no class, rule or pattern"), "{text}");
            assert!(text.ends_with(&format!("did you mean `{nearest}`?")), "{text}");
        }
        assert_eq!(problems.len(), 3);
    }
}
