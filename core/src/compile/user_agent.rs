//! From patterns of user agents to [`UserAgents`].

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use crate::config::ConfigErrors;
use crate::pattern::Patterns;
use crate::rules::user_agent::UserAgents;

impl UserAgents {
    pub(crate) fn compile(patterns: &[String], path: &str, errors: &mut ConfigErrors) -> Self {
        if patterns.is_empty() {
            return Self(None);
        }
        match Patterns::compile(patterns, true) {
            Ok(patterns) => Self(Some(Arc::new(patterns))),
            Err((index, problem)) => {
                errors.push(format!("{path}[{index}]"), problem);
                Self(None)
            }
        }
    }
}
