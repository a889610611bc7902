//! `[[route]]`: the policy of a route, by the framework's route pattern.

use alloc::string::String;

use super::read::{Fields, Section};
use crate::config::policy::RoutePolicy;

/// `[[route]]`: the policy of one route, by the framework's route pattern such as `/users/{id}`. A policy that was
/// attached in code takes precedence.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Route {
    /// The pattern in the framework's syntax.
    pub pattern: String,
    /// The policy.
    pub policy: RoutePolicy,
}

impl Route {
    /// The policy of the route with this pattern.
    #[must_use]
    pub fn new(pattern: impl Into<String>, policy: RoutePolicy) -> Self {
        Self { pattern: pattern.into(), policy }
    }
}

impl Section for Route {
    fn about(&self) -> &'static str {
        " `[[route]]`: the policy of one route, by the framework's route pattern.\n"
    }

    fn fields(&mut self, fields: &mut dyn Fields) {
        let about = " The pattern in the framework's syntax, such as `/users/{id}`.\n";
        fields.leaf("pattern", about, &mut self.pattern);
        self.policy.fields(fields);
    }
}
