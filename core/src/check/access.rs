//! Lists of addresses: clients that are allowed, and clients that are exempt from limits.
//!
//! A route's own `allow` replaces the global lists; otherwise a global `allow` that is not empty decides alone, else
//! `deny` does. A client on the applying global `allow` is allowlisted: no ban lookup, no limits, no inspection.

use alloc::format;

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

enum ListMatch {
    Allow,
    Exempt,
    Unlisted,
    DenyByRoute,
    Deny,
}

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    match match_lists(ctx) {
        ListMatch::Unlisted => Ok(()),
        ListMatch::Allow => {
            (ctx.allowlisted, ctx.exempt) = (true, true);
            Ok(())
        }
        ListMatch::Exempt => {
            ctx.exempt = true;
            Ok(())
        }
        ListMatch::DenyByRoute => reject_for_route(ctx, "access_control", "ip_restriction"),
        ListMatch::Deny => {
            let client = ctx.client_name();
            let reason = format!("IP {client} not in global allowlist/blocklist");
            let hook_reason = format!("IP not allowed: {client} - {reason}");
            let action = ctx.action(Check::IpSecurity);
            let metadata = [("ip_address", client.into()), ("filter_type", "global".into())];
            ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
            ctx.reject(RejectionDraft::new(Check::IpSecurity, 403, "Forbidden").hook_reason(hook_reason))
        }
    }
}

/// Reject a client by a rule of the route.
pub(super) fn reject_for_route(
    ctx: &mut RequestContext<'_>,
    decorator: &'static str,
    violation: &'static str,
) -> CheckResult {
    let client = ctx.client_name();
    let reason = format!("IP {client} blocked");
    let hook_reason = format!("IP not allowed by route config: {client}");
    let action = ctx.action(Check::IpSecurity);
    let metadata = [
        ("decorator_type", decorator.into()),
        ("violation_type", violation.into()),
        ("ip_address", client.into()),
    ];
    ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::IpSecurity, 403, "Forbidden").hook_reason(hook_reason))
}

fn match_lists(ctx: &RequestContext<'_>) -> ListMatch {
    let global = &ctx.rules.lists;
    let route = ctx.policy.map(|policy| &policy.lists);
    let Some(address) = ctx.client.address else {
        // A client without an address matches no list, so only a non-empty `allow` rejects it.
        return match route {
            Some(route) if !route.allow.is_empty() => ListMatch::DenyByRoute,
            _ if !global.allow.is_empty() => ListMatch::Deny,
            _ => ListMatch::Unlisted,
        };
    };
    if let Some(route) = route {
        if route.deny.contains(address) {
            return ListMatch::DenyByRoute;
        }
        if !route.allow.is_empty() {
            let allowed = route.allow.contains(address);
            return if allowed { ListMatch::Unlisted } else { ListMatch::DenyByRoute };
        }
    }
    if !global.allow.is_empty() {
        return if global.allow.contains(address) { ListMatch::Allow } else { ListMatch::Deny };
    }
    if global.deny.contains(address) {
        ListMatch::Deny
    } else if global.exempt.contains(address) {
        ListMatch::Exempt
    } else {
        ListMatch::Unlisted
    }
}
