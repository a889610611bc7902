//! Lists of addresses: who may ask at all, and who is not limited.
//!
//! A route's own `allow` replaces the global lists; otherwise a global `allow` that is not empty decides alone, else
//! `deny` does. A client on the applying global `allow` is trusted: not looked up, not limited, not inspected.

use alloc::format;

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

enum ListMatch {
    Listed,
    Exempt,
    Plain,
    DeniedByRoute,
    Denied,
}

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    match standing(ctx) {
        ListMatch::Plain => Ok(()),
        ListMatch::Listed => {
            (ctx.allowlisted, ctx.exempt) = (true, true);
            Ok(())
        }
        ListMatch::Exempt => {
            ctx.exempt = true;
            Ok(())
        }
        ListMatch::DeniedByRoute => refuse_for_route(ctx, "access_control", "ip_restriction"),
        ListMatch::Denied => {
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

/// Refuse a client that a rule of the route keeps out.
pub(super) fn refuse_for_route(
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

fn standing(ctx: &RequestContext<'_>) -> ListMatch {
    let global = &ctx.rules.lists;
    let route = ctx.policy.map(|policy| &policy.lists);
    let Some(address) = ctx.client.address else {
        // Nobody without an address is on a list; only a list that must be matched keeps them out.
        return match route {
            Some(route) if !route.allow.is_empty() => ListMatch::DeniedByRoute,
            _ if !global.allow.is_empty() => ListMatch::Denied,
            _ => ListMatch::Plain,
        };
    };
    if let Some(route) = route {
        if route.deny.contains(address) {
            return ListMatch::DeniedByRoute;
        }
        if !route.allow.is_empty() {
            let allowed = route.allow.contains(address);
            return if allowed { ListMatch::Plain } else { ListMatch::DeniedByRoute };
        }
    }
    if !global.allow.is_empty() {
        return if global.allow.contains(address) { ListMatch::Listed } else { ListMatch::Denied };
    }
    if global.deny.contains(address) {
        ListMatch::Denied
    } else if global.exempt.contains(address) {
        ListMatch::Exempt
    } else {
        ListMatch::Plain
    }
}
