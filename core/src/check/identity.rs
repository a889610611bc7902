//! A client that cannot be identified is refused, and so is a request whose route policy cannot be found: neither may
//! slip past the checks that depend on them.

use alloc::format;

use crate::case::{Case, Objection, Refused};
use crate::config::Unknown;
use crate::event::EventKind;
use crate::verdict::Check;

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    let unresolved = case.head.policy.is_some() && case.policy.is_none();
    let unserved =
        case.engine.rules.config.strict_routes && case.head.route.is_none() && case.policy.is_none();
    if unresolved || unserved {
        let reason = "Route resolution failed; per-route decorator config could not be applied";
        let action = case.action(Check::RouteConfig);
        case.event(EventKind::RouteUnresolved, action, "middleware", reason.into(), []);
        case.object(Objection::new(Check::RouteConfig, 500, "Route resolution failed"))?;
    }
    if case.client.spoofed && case.head.notices {
        let claim = case.engine.rules.proxies.claim(case.head.headers);
        let reason = format!("Potential IP spoof attempt: {claim}");
        case.event(EventKind::SuspiciousRequest, "spoofing_detected", "ip_extraction", reason, []);
    }
    if case.client.address.is_some() {
        return Ok(());
    }
    let unresolved = "Client address could not be determined";
    let body = match case.missing_peer() {
        // The framework withheld the peer: a fault of the wiring, whatever the configuration says about clients.
        Some(fix) => format!("{unresolved}: {fix}"),
        None if case.engine.rules.on_unknown == Unknown::Deny => unresolved.into(),
        None => return Ok(()),
    };
    let action = case.action(Check::ClientAddress);
    case.event(
        EventKind::IpBlocked,
        action,
        "middleware",
        body.clone(),
        [("filter_type", "unresolved".into())],
    );
    case.object(Objection::new(Check::ClientAddress, 403, body))
}
