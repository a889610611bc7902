//! The host of `Referer`; its port, user and path are ignored.
//!
//! Any program can set this header, so the check keeps out only the pages of other sites. Preflights have no `Referer`.

use alloc::format;
use alloc::string::ToString;

use crate::checks::Check;
use crate::event::EventKind;
use crate::host::Authority;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::head::HeaderValues;
use crate::respond::RejectionDraft;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let Some(policy) = ctx.policy else { return Ok(()) };
    let lines = HeaderValues::of(ctx.head.headers, "referer");
    let host = lines.first.filter(|_| !lines.conflict).and_then(Authority::of_url).map(|url| url.host);
    if host.is_some_and(|host| policy.referrers.allow(host)) {
        return Ok(());
    }
    let allowed = policy.referrers.0.join(", ");
    let action = ctx.action(Check::Referrer);
    let (body, reason, named) = if lines.first.is_none() {
        ("Referrer required", "Missing referrer header".into(), None)
    } else {
        // Its path and query belong to another site and may hold secrets of its users.
        let named = host.map_or_else(|| "unreadable".into(), |host| host.to_string());
        ("Invalid referrer", format!("Referrer '{named}' not in allowed domains"), Some(named))
    };
    let [decorator, violation, allowed] = [
        ("decorator_type", "content_filtering".into()),
        ("violation_type", "require_referrer".into()),
        ("allowed_domains", allowed.into()),
    ];
    match named {
        None => {
            let metadata = [decorator, violation, allowed];
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
        Some(host) => {
            let metadata = [decorator, violation, allowed, ("referrer", host.into())];
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
    }
    ctx.reject(RejectionDraft::new(Check::Referrer, 403, body))
}
