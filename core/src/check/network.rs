//! Countries, cloud providers and named lists: what facts say about the client.

use crate::case::{Case, Refused};

/// Rules about facts, compiled.
#[derive(Debug, Default)]
pub(crate) struct NetworkRules;

impl NetworkRules {
    pub(crate) fn compile(
        _access: &crate::config::Access,
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }

    pub(crate) fn of_route(
        _policy: &crate::policy::RoutePolicy,
        _place: &crate::config::Place<'_>,
        _errors: &mut crate::config::ConfigErrors,
    ) -> Self {
        Self
    }
}

pub(crate) fn check(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}
