//! Rules in shadow: reported, never acted on, so that a rule or a pattern can be tried on real traffic.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::exclude::unknown;
use super::{Class, ClassSet, CustomPatterns, Rule};
use crate::config::ConfigErrors;

/// Compiled names of what is in shadow.
#[derive(Debug, Default)]
pub(crate) struct ShadowRules {
    classes: ClassSet,
    rules: Vec<String>,
}

impl ShadowRules {
    /// Names of classes, rules and patterns.
    pub(crate) fn compile(
        names: &[String],
        custom: &CustomPatterns,
        path: &str,
        errors: &mut ConfigErrors,
    ) -> Self {
        let mut shadow = Self::default();
        for (index, name) in names.iter().enumerate() {
            if let Some(class) = Class::named(name) {
                shadow.classes = shadow.classes.with(class);
            } else if custom.class_of(name).is_some() {
                shadow.rules.push(name.clone());
            } else {
                let classes = Class::ALL.map(Class::name).into_iter();
                let known: Vec<&str> =
                    classes.chain(Rule::all().map(|rule| rule.id)).chain(custom.ids()).collect();
                errors.push(format!("{path}[{index}]"), unknown("class, rule or pattern", name, &known));
            }
        }
        shadow
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
    use crate::config::Pattern;

    #[test]
    fn names_are_those_of_classes_rules_and_patterns() {
        let mut errors = ConfigErrors::default();
        let custom =
            CustomPatterns::compile(&[Pattern::new("acme-1", "acme")], "detect.pattern", &mut errors);
        let names = ["sqli", "xss.call", "acme-1"].map(String::from);
        let shadow = ShadowRules::compile(&names, &custom, "detect.shadow", &mut errors);
        assert_eq!(errors, ConfigErrors::default());
        assert!(shadow.covers(Class::Sqli, "sqli.sleep") && shadow.covers(Class::Xss, "xss.call"));
        assert!(shadow.covers(Class::Custom, "acme-1"));
        assert!(!shadow.covers(Class::Xss, "xss.cookie") && !shadow.covers(Class::Custom, "acme-2"));
        assert!(ShadowRules::default().is_empty() && !shadow.is_empty());
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let mut errors = ConfigErrors::default();
        let custom =
            CustomPatterns::compile(&[Pattern::new("acme-1", "acme")], "detect.pattern", &mut errors);
        let names = ["sqly", "xss.cal", "acme-2", "sqli"].map(String::from);
        ShadowRules::compile(&names, &custom, "detect.shadow", &mut errors);
        let texts: Vec<String> = errors.iter().map(|error| format!("{error}")).collect();
        for (at, nearest) in ["sqli", "xss.call", "acme-1"].into_iter().enumerate() {
            assert!(
                texts[at].starts_with(&format!("detect.shadow[{at}]: there is no class, rule or pattern"))
            );
            assert!(texts[at].ends_with(&format!("did you mean `{nearest}`?")), "{}", texts[at]);
        }
        assert_eq!(texts.len(), 3);
    }
}
