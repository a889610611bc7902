//! Lists of user agents: regular expressions of the route, then of the configuration.
//!
//! Every line of `User-Agent` is looked at, because nobody knows which one the application believes. A request without one
//! matches nothing, not even a pattern of the empty text: to insist on the header, a route requires it.

use alloc::format;
use alloc::string::String;

use crate::case::{Case, Objection, Refused};
use crate::config::ConfigErrors;
use crate::event::EventKind;
use crate::pattern::Patterns;
use crate::verdict::Check;

/// Bytes of a line that are looked at.
const MAX_BYTES: usize = 512;

/// User agents, compiled; `None` for no pattern.
#[derive(Debug, Default)]
pub(crate) struct UserAgents(Option<Patterns>);

impl UserAgents {
    pub(crate) fn compile(patterns: &[String], path: &str, errors: &mut ConfigErrors) -> Self {
        if patterns.is_empty() {
            return Self(None);
        }
        match Patterns::compile(patterns, true) {
            Ok(patterns) => Self(Some(patterns)),
            Err((index, problem)) => {
                errors.push(format!("{path}[{index}]"), problem);
                Self(None)
            }
        }
    }

    /// The first line of the request that matches.
    fn find<'r>(&self, case: &Case<'r>) -> Option<&'r [u8]> {
        let patterns = self.0.as_ref()?;
        let mut found = None;
        case.head.headers.each(&mut |name, value| {
            let agent = name.eq_ignore_ascii_case("user-agent").then(|| &value[..value.len().min(MAX_BYTES)]);
            found = found.or_else(|| agent.filter(|agent| patterns.find(agent).is_some()));
        });
        found
    }
}

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    if case.listed || case.exempt {
        return Ok(());
    }
    let action = case.action(Check::UserAgent);
    let told;
    if let Some(agent) = case.policy.and_then(|policy| policy.agents.find(case)) {
        let agent = case.text(agent);
        let reason = format!("User agent '{agent}' blocked");
        told = format!("Blocked user agent: {agent}");
        let metadata = [
            ("decorator_type", "access_control".into()),
            ("violation_type", "user_agent".into()),
            ("blocked_user_agent", agent.into()),
        ];
        case.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    } else if let Some(agent) = case.engine.rules.agents.find(case) {
        let agent = case.text(agent);
        let reason = format!("User agent '{agent}' in global blocklist");
        told = format!("Blocked user agent: {agent}");
        let metadata = [("user_agent", agent.into()), ("filter_type", "global".into())];
        case.event(EventKind::UserAgentBlocked, action, "middleware", reason, metadata);
    } else {
        return Ok(());
    }
    case.object(Objection::new(Check::UserAgent, 403, "User-Agent not allowed").told(told))
}
