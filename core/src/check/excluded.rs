//! Paths for which only lists, bans and limits are checked.

use crate::case::Case;

/// Paths, compiled.
#[derive(Debug, Default)]
pub(crate) struct Excluded;

impl Excluded {
    pub(crate) fn compile(
        _paths: &[alloc::string::String],
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) {}
