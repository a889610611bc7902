//! The host that a request names, and the scheme it came over.

use crate::case::{Case, Refused};

/// Hosts and scheme, compiled.
#[derive(Debug, Default)]
pub(crate) struct SiteRules;

impl SiteRules {
    pub(crate) fn compile(_site: &crate::config::Site, _errors: &mut crate::config::ConfigErrors) -> Self {
        Self
    }
}

pub(crate) fn check_host(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}

pub(crate) fn check_https(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
