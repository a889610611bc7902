//! Headers that a route requires.

use crate::case::{Case, Refused};

/// Required headers, compiled.
#[derive(Debug, Default)]
pub(crate) struct Required;

impl Required {
    pub(crate) fn compile(
        _headers: &alloc::collections::BTreeMap<alloc::string::String, alloc::string::String>,
        _place: &crate::config::Place<'_>,
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
