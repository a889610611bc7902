//! Lists of user agents.

use crate::case::{Case, Refused};

/// User agents, compiled.
#[derive(Debug, Default)]
pub(crate) struct UserAgents;

impl UserAgents {
    pub(crate) fn compile(
        _patterns: &[alloc::string::String],
        _path: &str,
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
