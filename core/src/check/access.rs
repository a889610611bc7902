//! Lists of addresses: who may ask at all, and who is not limited.
//!
//! A route's own `allow` replaces the global lists; otherwise a global `allow` that is not empty decides alone, else
//! `deny` does. A client on the applying global `allow` is trusted: not looked up, not limited, not inspected.

use alloc::format;

use crate::case::{Case, Objection, Refused};
use crate::event::EventKind;
use crate::net::IpSet;
use crate::policy::Bypass;
use crate::verdict::Check;

/// Compiled lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) allow: IpSet,
    pub(crate) deny: IpSet,
    pub(crate) exempt: IpSet,
}

enum Standing {
    Listed,
    Exempt,
    Plain,
    DeniedByRoute,
    Denied,
}

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    if case.bypasses(Bypass::Ip) {
        return Ok(());
    }
    match standing(case) {
        Standing::Plain => Ok(()),
        Standing::Listed => {
            (case.listed, case.exempt) = (true, true);
            Ok(())
        }
        Standing::Exempt => {
            case.exempt = true;
            Ok(())
        }
        Standing::DeniedByRoute => refuse_for_route(case, "access_control", "ip_restriction"),
        Standing::Denied => {
            let client = case.client_name();
            let reason = format!("IP {client} not in global allowlist/blocklist");
            let told = format!("IP not allowed: {client} - {reason}");
            let action = case.action(Check::IpSecurity);
            let metadata = [("ip_address", client.into()), ("filter_type", "global".into())];
            case.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
            case.object(Objection::new(Check::IpSecurity, 403, "Forbidden").told(told))
        }
    }
}

/// Refuse a client that a rule of the route keeps out.
pub(super) fn refuse_for_route(
    case: &mut Case<'_>,
    decorator: &'static str,
    violation: &'static str,
) -> Result<(), Refused> {
    let client = case.client_name();
    let reason = format!("IP {client} blocked");
    let told = format!("IP not allowed by route config: {client}");
    let action = case.action(Check::IpSecurity);
    let metadata = [
        ("decorator_type", decorator.into()),
        ("violation_type", violation.into()),
        ("ip_address", client.into()),
    ];
    case.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    case.object(Objection::new(Check::IpSecurity, 403, "Forbidden").told(told))
}

fn standing(case: &Case<'_>) -> Standing {
    let global = &case.engine.rules.lists;
    let route = case.policy.map(|policy| &policy.lists);
    let Some(address) = case.client.address else {
        // Nobody without an address is on a list; only a list that must be matched keeps them out.
        return match route {
            Some(route) if !route.allow.is_empty() => Standing::DeniedByRoute,
            _ if !global.allow.is_empty() => Standing::Denied,
            _ => Standing::Plain,
        };
    };
    if let Some(route) = route {
        if route.deny.contains(address) {
            return Standing::DeniedByRoute;
        }
        if !route.allow.is_empty() {
            let allowed = route.allow.contains(address);
            return if allowed { Standing::Plain } else { Standing::DeniedByRoute };
        }
    }
    if !global.allow.is_empty() {
        return if global.allow.contains(address) { Standing::Listed } else { Standing::Denied };
    }
    if global.deny.contains(address) {
        Standing::Denied
    } else if global.exempt.contains(address) {
        Standing::Exempt
    } else {
        Standing::Plain
    }
}
