//! From `[detect]` to [`DetectRules`].

use alloc::format;
use alloc::string::String;

use super::limits::range;
use crate::config::{Config, ConfigErrors};
use crate::detect::{Class, ClassSet, CustomPatterns, Exclusions, HIGHEST_THRESHOLD, ShadowRules, unknown};
use crate::rules::detect::DetectRules;

pub(super) fn detect(config: &Config, errors: &mut ConfigErrors) -> DetectRules {
    let detect = &config.detect;
    let classes = class_set(&detect.classes, "detect.classes", errors);
    range(errors, "detect.threshold", detect.threshold, 0.5..=f64::from(HIGHEST_THRESHOLD) / 100.0);
    let custom = CustomPatterns::compile(&detect.pattern, "detect.pattern", errors);
    if !detect.pattern.is_empty() && !classes.has(Class::Custom) {
        errors
            .push("detect.pattern", "has no effect while `detect.classes` leaves out `custom`; add it there");
    }
    DetectRules {
        enabled: detect.enabled && !classes.is_empty(),
        classes,
        threshold: hundredths(detect.threshold),
        shadow: ShadowRules::compile(&detect.shadow, &custom, "detect.shadow", errors),
        exclusions: Exclusions::compile(&detect.exclude, classes, &custom, "detect.exclude", errors),
        custom,
        sensitive: detect.sensitive.iter().map(|name| name.to_ascii_lowercase()).collect(),
        on_incomplete: detect.on_incomplete,
    }
}

/// A score in hundredths, rounded; the caller has checked its range.
fn hundredths(score: f64) -> u16 {
    (score * 100.0 + 0.5) as u16
}

pub(super) fn class_set(names: &[String], path: &str, errors: &mut ConfigErrors) -> ClassSet {
    let mut set = ClassSet::NONE;
    for (index, name) in names.iter().enumerate() {
        match Class::named(name) {
            Some(class) => set = set.with(class),
            None => {
                errors.push(format!("{path}[{index}]"), unknown("class", name, &Class::ALL.map(Class::name)));
            }
        }
    }
    set
}
