//! Attack detection: classes, exclusions, sensitive names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::super::conversion::Conversion;
use crate::config::header_name;
use crate::config::{ByteSize, Exclude, HumanDuration, OnIncomplete};
use crate::detect::Class;

pub(in crate::compat::settings) fn detect_enabled(c: &mut Conversion<'_>) {
    c.config.detect.enabled = c.on();
}

pub(in crate::compat::settings) fn classes(c: &mut Conversion<'_>) {
    let categories = c.texts("enabled_detection_categories");
    // Custom patterns have no category in the family: they are always active.
    let mut classes = Vec::from([Class::Custom]);
    for category in &categories {
        match Class::of_family(category) {
            Some(class) if !classes.contains(&class) => classes.push(class),
            Some(_) => {}
            None => c.error(format!("`{category}` is not a category")),
        }
    }
    classes.sort_unstable();
    c.config.detect.classes = classes;
    let of_family: usize = Class::ALL.iter().map(|class| class.family_categories().len()).sum();
    if categories.len() < of_family {
        c.approximate("one class here can cover several categories");
    }
}

pub(in crate::compat::settings) fn threshold(c: &mut Conversion<'_>) {
    let crate::config::node::Node::Float(score) = *c.own() else { return };
    c.config.detect.threshold = score.max(0.5);
    if score < 0.5 {
        c.approximate("scores differ; a threshold below 0.5 would reject harmless requests, so it is 0.5");
    } else if score != 1.0 {
        c.approximate("scores differ; 1.0 is the default, there and here");
    }
}

pub(in crate::compat::settings) fn scan_body(c: &mut Conversion<'_>) {
    c.config.body.inspect = c.on();
}

pub(in crate::compat::settings) fn body_limit(c: &mut Conversion<'_>) {
    c.config.body.limit = ByteSize(c.number());
    c.config.detect.on_incomplete = OnIncomplete::Allow;
    c.approximate("as in the family, the start of a longer body is inspected and the rest passes; to reject it, set `detect.on_incomplete` to `deny`");
}

pub(in crate::compat::settings) fn body_timeout(c: &mut Conversion<'_>) {
    let crate::config::node::Node::Float(seconds) = *c.own() else { return };
    let timeout = Duration::from_secs_f64(seconds.clamp(0.01, 30.0));
    c.config.body.timeout = HumanDuration(Duration::from_millis(crate::time::millis(timeout)));
}

pub(in crate::compat::settings) fn excluded_headers(c: &mut Conversion<'_>) {
    for (index, name) in c.own_texts().into_iter().enumerate() {
        match header_name(&name) {
            Ok(header) => c.config.detect.exclude.push(Exclude {
                header: Some(header),
                class: Some(Class::Ssrf),
                ..Exclude::default()
            }),
            Err(problem) => c.error_at(format!("[{index}]"), problem),
        }
    }
}

pub(in crate::compat::settings) fn excluded_params(c: &mut Conversion<'_>) {
    let names = c.own_texts();
    exclude(c, names, |query| Exclude { query: Some(query), ..Exclude::default() });
}

pub(in crate::compat::settings) fn excluded_fields(c: &mut Conversion<'_>) {
    let names = c.own_texts();
    exclude(c, names, |field| Exclude { field: Some(field), ..Exclude::default() });
}

fn exclude(c: &mut Conversion<'_>, names: Vec<String>, of: impl Fn(String) -> Exclude) {
    c.config.detect.exclude.extend(names.into_iter().map(of));
}

fn sensitive(c: &mut Conversion<'_>) {
    let names = c.own_texts();
    if names.is_empty() {
        return;
    }
    let mut known = core::mem::take(&mut c.config.detect.sensitive);
    for name in names {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    c.config.detect.sensitive = known;
    c.approximate("one list of names applies to headers, parameters and fields");
}

pub(in crate::compat::settings) fn sensitive_headers(c: &mut Conversion<'_>) {
    sensitive(c);
}

pub(in crate::compat::settings) fn sensitive_params(c: &mut Conversion<'_>) {
    sensitive(c);
}

pub(in crate::compat::settings) fn sensitive_fields(c: &mut Conversion<'_>) {
    sensitive(c);
}
