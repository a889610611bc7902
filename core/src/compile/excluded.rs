//! From `exclude_paths` to [`ExcludedPaths`].

use alloc::format;
use alloc::string::String;

use crate::config::ConfigErrors;
use crate::detect::is_ambiguous;
use crate::rules::excluded::ExcludedPaths;

impl ExcludedPaths {
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
}
