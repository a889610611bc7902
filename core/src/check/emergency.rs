//! Emergency mode: every client that is not on `emergency.allow` gets 503.
//!
//! It is not enforced on excluded paths, which serve the assets of a maintenance page. A client on `access.allow` is not
//! exempt: it must be on `emergency.allow` too, and its bans apply.

use alloc::format;

use crate::checks::Check;
use crate::event::{EventKind, MetaValue};
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let emergency = &ctx.rules.config.emergency;
    if ctx.client.address.is_some_and(|address| ctx.rules.emergency.contains(address)) {
        return Ok(());
    }
    let reason = format!("[EMERGENCY MODE] IP {} not in whitelist", ctx.client_name());
    let entries = u64::try_from(emergency.allow.len()).unwrap_or(u64::MAX);
    let metadata: [(_, MetaValue); 2] =
        [("emergency_whitelist_count", entries.into()), ("emergency_active", true.into())];
    let action = ctx.action(Check::EmergencyMode);
    ctx.event(EventKind::EmergencyModeBlock, action, "middleware", reason, metadata);
    let hook_reason = format!("[EMERGENCY MODE] Access denied for IP {}", ctx.client_name());
    let rejection = RejectionDraft::new(Check::EmergencyMode, 503, "Service temporarily unavailable");
    ctx.reject(rejection.hook_reason(hook_reason))
}
