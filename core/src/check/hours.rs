//! The hours of a route, in the local time of its time zone.
//!
//! Both ends are inclusive, to the minute. Hours over midnight belong to the day on which they begin. Local time decides on
//! days of a change to or from daylight saving time. Preflights are not checked: the request that follows is.

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let policy = ctx.policy.filter(|policy| !policy.hours.0.is_empty());
    if policy.is_none_or(|policy| policy.hours.has(ctx.now)) {
        return Ok(());
    }
    let action = ctx.action(Check::TimeWindow);
    let metadata = [("decorator_type", "advanced".into()), ("violation_type", "time_restriction".into())];
    let reason = "Access outside allowed time window".into();
    ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::TimeWindow, 403, "Access not allowed at this time"))
}
