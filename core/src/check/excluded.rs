//! Paths for which only lists, bans and limits are checked.
//!
//! A path that routers could read in different ways never matches, so that nobody reaches a stricter path by the name of
//! a looser one. What is excluded still gets its security headers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::case::Case;
use crate::config::ConfigErrors;
use crate::detect::{RequestPath, is_ambiguous};
use crate::event::EventKind;

/// Paths, compiled: without a slash at the end, so that `/` is the empty one.
#[derive(Debug, Default)]
pub(crate) struct Excluded(Vec<String>);

impl Excluded {
    pub(crate) fn compile(paths: &[String], errors: &mut ConfigErrors) -> Self {
        for (index, path) in paths.iter().enumerate() {
            if !path.starts_with('/') || is_ambiguous(path) {
                errors.push(
                    format!("exclude_paths[{index}]"),
                    "must start with `/` and be written without escapes, dots or empty segments",
                );
            }
        }
        Self(paths.iter().map(|path| path.trim_end_matches('/').into()).collect())
    }

    fn covers(&self, path: &str) -> bool {
        let path = RequestPath::of(path);
        self.0.iter().any(|root| path.is_below(root))
    }
}

pub(crate) fn check(case: &mut Case<'_>) {
    let excluded = &case.engine.rules.excluded;
    if excluded.0.is_empty() || !excluded.covers(case.head.path) {
        return;
    }
    case.excluded = true;
    if case.head.notices {
        let path = case.path();
        let reason = format!("Path {path} excluded from security checks");
        let configured = case.engine.rules.config.exclude_paths.clone();
        case.event(
            EventKind::PathExcluded,
            "security_checks_bypassed",
            "middleware",
            reason,
            [("excluded_path", path.into()), ("configured_exclusions", configured.into())],
        );
    }
}
