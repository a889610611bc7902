//! The lists of `detect`, from the document to what the detector runs.

use alloc::format;
use alloc::vec::Vec;

use crate::config::{ConfigErrors, Exclude, Pattern};
use crate::detect::{
    ClassSet, CustomPatterns, ExclusionSource, Exclusions, PatternSource, Problem, ShadowRules,
};

/// The operator's patterns.
pub(crate) fn custom_patterns(list: &[Pattern], path: &str, errors: &mut ConfigErrors) -> CustomPatterns {
    let sources: Vec<_> =
        list.iter().map(|Pattern { id, pattern, places }| PatternSource { id, pattern, places }).collect();
    let (custom, problems) = CustomPatterns::compile(&sources);
    report(problems, path, errors);
    custom
}

/// The exclusions of `detect.exclude` or of a policy.
pub(crate) fn exclusions(
    list: &[Exclude],
    enabled: ClassSet,
    custom: &CustomPatterns,
    path: &str,
    errors: &mut ConfigErrors,
) -> Exclusions {
    let sources: Vec<_> = list
        .iter()
        .map(|exclude| ExclusionSource {
            path: exclude.path.as_deref(),
            query: exclude.query.as_deref(),
            header: exclude.header.as_deref(),
            cookie: exclude.cookie.as_deref(),
            field: exclude.field.as_deref(),
            class: exclude.class.as_deref(),
            rule: exclude.rule.as_deref(),
        })
        .collect();
    let (exclusions, problems) = Exclusions::compile(&sources, enabled, custom);
    report(problems, path, errors);
    exclusions
}

/// The classes, rules and patterns in shadow.
pub(crate) fn shadow_rules(
    names: &[alloc::string::String],
    custom: &CustomPatterns,
    path: &str,
    errors: &mut ConfigErrors,
) -> ShadowRules {
    let (shadow, problems) = ShadowRules::compile(names, custom);
    report(problems, path, errors);
    shadow
}

fn report(problems: Vec<Problem>, path: &str, errors: &mut ConfigErrors) {
    for Problem { index, field, text } in problems {
        let entry = index.map(|index| format!("[{index}]")).unwrap_or_default();
        let dot = if field.is_empty() { "" } else { "." };
        errors.push(format!("{path}{entry}{dot}{field}"), text);
    }
}
