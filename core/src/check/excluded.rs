//! Excluded paths: only access lists, bans, rate limits, preflight replies and security headers apply to them.
//!
//! A path that routers may parse in different ways never matches, so that an excluded path cannot alias a checked one.

use alloc::format;

use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::rules::skips::SkipSet;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let excluded = &ctx.rules.excluded;
    if !excluded.covers(ctx.head.path) {
        return Ok(());
    }
    ctx.skips = ctx.skips.with(SkipSet::EXCLUDED);
    if ctx.head.sample_info_events {
        let path = ctx.path();
        let reason = format!("Path {path} excluded from security checks");
        let configured = ctx.rules.config.exclude_paths.clone();
        ctx.event(
            EventKind::PathExcluded,
            "security_checks_bypassed",
            "middleware",
            reason,
            [("excluded_path", path.into()), ("configured_exclusions", configured.into())],
        );
    }
    Ok(())
}
