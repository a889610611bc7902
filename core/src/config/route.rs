//! `[[route]]`: the policy of a route, by the pattern under which the framework knows it.

use alloc::string::String;

use super::read::{Fields, Section};
use crate::config::policy::RoutePolicy;

/// `[[route]]`: what one route wants, found by the framework's own pattern such as `/users/{id}`. A route that was given a
/// policy in code keeps that one.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Route {
    /// The pattern, as the framework writes it.
    pub pattern: String,
    /// What the route wants.
    pub policy: RoutePolicy,
}

impl Route {
    /// This policy for the route of this pattern.
    #[must_use]
    pub fn new(pattern: impl Into<String>, policy: RoutePolicy) -> Self {
        Self { pattern: pattern.into(), policy }
    }
}

impl Section for Route {
    fn about(&self) -> &'static str {
        " `[[route]]`: what one route wants, found by the framework's own pattern.\n"
    }

    fn fields(&mut self, fields: &mut dyn Fields) {
        let about = " The pattern, as the framework writes it, such as `/users/{id}`.\n";
        fields.leaf("pattern", about, &mut self.pattern);
        self.policy.fields(fields);
    }
}
