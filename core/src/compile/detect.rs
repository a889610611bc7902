//! From `[detect]` to [`DetectRules`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::limits::range;
use crate::config::{Config, ConfigErrors, Exclude, Pattern};
use crate::detect::{
    Class, ClassSet, CustomPatterns, CustomRules, ExclusionSource, Exclusions, InstalledRecognisers,
    MAX_THRESHOLD, PatternSource, Problem, Recognisers, ShadowRules,
};
use crate::rules::detect::DetectRules;

pub(super) fn detect(
    config: &Config,
    recognisers: Option<&Recognisers>,
    errors: &mut ConfigErrors,
) -> DetectRules {
    let detect = &config.detect;
    let classes = ClassSet::of(&detect.classes);
    range(errors, "detect.threshold", detect.threshold, 0.5..=f64::from(MAX_THRESHOLD) / 100.0);
    let patterns = custom_patterns(&detect.pattern, "detect.pattern", errors);
    let (installed, problems) = InstalledRecognisers::compile(&detect.recognisers, recognisers, &patterns);
    report(problems, "detect.recognisers", errors);
    let custom = CustomRules::new(patterns, installed);
    let lists = [
        ("detect.pattern", detect.pattern.is_empty()),
        ("detect.recognisers", detect.recognisers.is_empty()),
    ];
    for (path, _) in lists.into_iter().filter(|(_, is_empty)| !is_empty && !classes.has(Class::Custom)) {
        errors.push(path, "has no effect while `detect.classes` leaves out `custom`; add it there");
    }
    DetectRules {
        enabled: detect.enabled && !classes.is_empty(),
        classes,
        threshold: hundredths(detect.threshold),
        shadow: shadow_rules(&detect.shadow, &custom, "detect.shadow", errors),
        exclusions: exclusions(&detect.exclude, classes, &custom, "detect.exclude", errors),
        custom,
        sensitive: detect.sensitive.iter().map(|name| name.to_ascii_lowercase()).collect(),
        on_incomplete: detect.on_incomplete,
    }
}

/// A score in hundredths, rounded. `range` has checked the score.
fn hundredths(score: f64) -> u16 {
    (score * 100.0 + 0.5) as u16
}

/// The operator's patterns.
pub(crate) fn custom_patterns(list: &[Pattern], path: &str, errors: &mut ConfigErrors) -> CustomPatterns {
    let sources: Vec<_> = list
        .iter()
        .map(|Pattern { id, pattern, locations }| PatternSource { id, pattern, locations })
        .collect();
    let (custom, problems) = CustomPatterns::compile(&sources);
    report(problems, path, errors);
    custom
}

/// The exclusions of `detect.exclude` or of a policy.
pub(crate) fn exclusions(
    list: &[Exclude],
    enabled: ClassSet,
    custom: &CustomRules,
    path: &str,
    errors: &mut ConfigErrors,
) -> Exclusions {
    let sources: Vec<_> = list
        .iter()
        .map(|exclude| ExclusionSource {
            path: exclude.path.as_deref(),
            query: exclude.query.as_deref(),
            header: exclude.header.as_ref().map(http::HeaderName::as_str),
            cookie: exclude.cookie.as_deref(),
            field: exclude.field.as_deref(),
            class: exclude.class,
            rule: exclude.rule.as_deref(),
        })
        .collect();
    let (exclusions, problems) = Exclusions::compile(&sources, enabled, custom);
    report(problems, path, errors);
    exclusions
}

/// The classes, rules and patterns in shadow.
pub(crate) fn shadow_rules(
    names: &[String],
    custom: &CustomRules,
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
