//! Trap paths: a client that requests one, in any spelling, is rejected and banned.
//!
//! Allowlisted clients and excluded paths are not checked. The ban is a deferred write, so the request does not await it;
//! loopback and the trusted proxies are never banned. A page of another site can make a browser request a trap path, so a
//! path that the application links to is not suitable.

use alloc::format;
use core::time::Duration;

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;
use crate::state::Op;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let traps = &ctx.rules.traps;
    if ctx.allowlisted || !traps.covers(ctx.canonical_path()) {
        return Ok(());
    }
    let path = ctx.path();
    let action = ctx.action(Check::Trap);
    let metadata = [("ip_address", ctx.client_name().into()), ("filter_type", "trap".into())];
    ctx.event(EventKind::IpBlocked, action, "middleware", format!("Trap path requested: {path}"), metadata);
    if !ctx.is_report_only(Check::Trap) {
        ban(ctx, traps.term);
    }
    ctx.reject(RejectionDraft::new(Check::Trap, 403, "Forbidden"))
}

fn ban(ctx: &mut RequestContext<'_>, term: Duration) {
    let rules = &ctx.rules.ban;
    // A browser sends preflights for any page, so a preflight does not ban its client.
    let target = ctx.network().filter(|target| rules.enabled && rules.may_ban(*target));
    let Some(target) = target.filter(|_| !ctx.known.preflight) else { return };
    ctx.defer(Op::Ban { target, term });
    let metadata = [("duration", term.as_secs().into())];
    ctx.event(EventKind::IpBanned, "banned", "ip_ban", "trap".into(), metadata);
}
