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
    Denied(&'static str),
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
        Standing::Denied(list) => {
            let client = case.client_name();
            let reason = format!("IP {client} not in {list} allowlist/blocklist");
            let filter = if list == "route" { "ip_restriction" } else { "global" };
            let kind = if list == "route" { EventKind::DecoratorViolation } else { EventKind::IpBlocked };
            let action = case.action(Check::IpSecurity);
            case.event(
                kind,
                action,
                "middleware",
                reason,
                [("ip_address", client.into()), ("filter_type", filter.into())],
            );
            case.object(Objection::new(Check::IpSecurity, 403, "Forbidden"))
        }
    }
}

fn standing(case: &Case<'_>) -> Standing {
    let global = &case.engine.rules.lists;
    let route = case.policy.map(|policy| &policy.lists);
    let Some(address) = case.client.address else {
        // Nobody without an address is on a list; only a list that must be matched keeps them out.
        let must_match = route.is_some_and(|route| !route.allow.is_empty()) || !global.allow.is_empty();
        return if must_match { Standing::Denied("global") } else { Standing::Plain };
    };
    if let Some(route) = route {
        if !route.allow.is_empty() {
            return if route.allow.contains(address) { Standing::Plain } else { Standing::Denied("route") };
        }
        if route.deny.contains(address) {
            return Standing::Denied("route");
        }
    }
    if !global.allow.is_empty() {
        return if global.allow.contains(address) { Standing::Listed } else { Standing::Denied("global") };
    }
    if global.deny.contains(address) {
        Standing::Denied("global")
    } else if global.exempt.contains(address) {
        Standing::Exempt
    } else {
        Standing::Plain
    }
}
