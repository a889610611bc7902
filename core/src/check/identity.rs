//! The client and the route policy: a request without a known client, or whose policy cannot be found, is rejected, because
//! later checks depend on both.

use alloc::format;

use crate::checks::Check;
use crate::config::OnUnknownClient;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let unresolved = ctx.head.policy.is_some() && ctx.policy.is_none();
    let unserved = ctx.rules.config.strict_routes && ctx.head.route.is_none() && ctx.policy.is_none();
    if unresolved || unserved {
        let reason = "Route resolution failed; per-route decorator config could not be applied";
        let action = ctx.action(Check::RouteConfig);
        ctx.event(EventKind::RouteUnresolved, action, "middleware", reason.into(), []);
        ctx.reject(RejectionDraft::new(Check::RouteConfig, 500, "Route resolution failed"))?;
    }
    // The outer guard checked it, unless its policy bypasses all checks.
    if ctx.head.outer.is_some_and(|outer| !outer.bypass_all) {
        return Ok(());
    }
    if ctx.client.spoofed && ctx.head.sample_info_events {
        let claim = ctx.rules.proxies.forwarding_summary(ctx.head.headers);
        let reason = format!("Potential IP spoof attempt: {claim}");
        ctx.event(EventKind::SuspiciousRequest, "spoofing_detected", "ip_extraction", reason, []);
    }
    if ctx.client.address.is_some() {
        return Ok(());
    }
    let body = "Client address could not be determined";
    let (status, reason) = match ctx.missing_peer() {
        // The server provided no peer. That is its mistake and not the client's; `on_unknown` does not affect it.
        Some(fix) => (500, format!("{body}: {fix}")),
        None if ctx.rules.on_unknown == OnUnknownClient::Deny => (403, body.into()),
        None => return Ok(()),
    };
    let action = ctx.action(Check::ClientAddress);
    let metadata = [("filter_type", "unresolved".into())];
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::ClientAddress, status, body))
}
