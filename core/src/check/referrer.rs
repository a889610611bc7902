//! Where a request comes from, by its `Referer`.

use crate::case::{Case, Refused};

/// Domains, compiled.
#[derive(Debug, Default)]
pub(crate) struct Referrers;

impl Referrers {
    pub(crate) fn compile(
        _domains: &[alloc::string::String],
        _place: &crate::config::Place<'_>,
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
