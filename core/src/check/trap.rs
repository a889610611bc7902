//! Trap paths.

use crate::case::{Case, Refused};

/// Traps, compiled.
#[derive(Debug, Default)]
pub(crate) struct Traps;

impl Traps {
    pub(crate) fn compile(_trap: &crate::config::Trap, _errors: &mut crate::config::ConfigErrors) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
