//! Lists of user agents: regular expressions of the route, then of the configuration.
//!
//! Every line of `User-Agent` is matched as a whole, because the application may use any of them, and because a client that
//! pads its name must not hide it. The server bounds the length of a line, and the automaton reads it once. A request without
//! the header matches nothing, not even an empty pattern: a route can require the header instead.

use alloc::format;

use crate::checks::Check;
use crate::detect::{Memo, MemoFact};
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::head::HeaderFields;
use crate::respond::RejectionDraft;
use crate::rules::user_agent::UserAgents;

impl UserAgents {
    /// The first line that matches. The memo stores lines that do not match.
    fn find<'r>(&self, headers: &'r (dyn HeaderFields + 'r), memo: &mut Memo) -> Option<&'r [u8]> {
        let patterns = self.0.as_ref()?;
        memo.set_list(patterns);
        let mut found = None;
        headers.for_each(&mut |name, value| {
            if found.is_some()
                || !name.eq_ignore_ascii_case("user-agent")
                || memo.holds(value, MemoFact::UnmatchedAgent)
            {
                return;
            }
            match patterns.find(value) {
                Some(_) => found = Some(value),
                None => memo.keep(value, MemoFact::UnmatchedAgent),
            }
        });
        found
    }
}

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    if ctx.allowlisted || ctx.exempt {
        return Ok(());
    }
    let action = ctx.action(Check::UserAgent);
    let hook_reason;
    let (headers, memo) = (ctx.head.headers, &mut ctx.scratch.scanner.memo);
    let of_route = ctx.policy.and_then(|policy| policy.agents.find(headers, memo));
    let of_all = |memo| ctx.rules.agents.find(headers, memo);
    if let Some(agent) = of_route {
        let agent = ctx.text(agent);
        let reason = format!("User agent '{agent}' blocked");
        hook_reason = format!("Blocked user agent: {agent}");
        let metadata = [
            ("decorator_type", "access_control".into()),
            ("violation_type", "user_agent".into()),
            ("blocked_user_agent", agent.into()),
        ];
        ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    } else if let Some(agent) = of_all(&mut ctx.scratch.scanner.memo) {
        let agent = ctx.text(agent);
        let reason = format!("User agent '{agent}' in global blocklist");
        hook_reason = format!("Blocked user agent: {agent}");
        let metadata = [("user_agent", agent.into()), ("filter_type", "global".into())];
        ctx.event(EventKind::UserAgentBlocked, action, "middleware", reason, metadata);
    } else {
        return Ok(());
    }
    ctx.reject(RejectionDraft::new(Check::UserAgent, 403, "User-Agent not allowed").hook_reason(hook_reason))
}
