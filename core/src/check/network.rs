//! Countries, cloud providers and named lists: rules about the network facts of the client.
//!
//! | rules | act on a client of the global allow list | on an exempt client | loopback | switched off by |
//! |---|---|---|---|---|
//! | countries of the route | yes | yes | no | `bypass = ["ip"]` |
//! | countries of the configuration | no | yes | no | `bypass = ["ip"]`, a match of the route's `allow_countries` |
//! | named lists | no | yes | yes | `bypass = ["ip"]` |
//! | clouds | no | no | yes | `bypass = ["clouds"]` |
//!
//! A match of a deny list takes precedence over every permission. The clouds of a route are added to the global ones.

use alloc::format;
use alloc::string::String;
use core::net::IpAddr;

use super::access::reject_for_route;
use crate::checks::Check;
use crate::config::{Country, OnMissingFacts};
use crate::event::{EventKind, MetaValue};
use crate::request::context::RequestContext;
use crate::request::facts::{Fact, NetworkFacts};
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;
use crate::rules::network::DeniedCloud;

/// The result of matching an address against the networks of a cloud provider.
enum CloudMatch {
    NoMatch,
    /// The facts that the rule requires are not loaded.
    Missing,
    Deny,
}

/// Countries of the route and of the configuration.
pub(crate) fn check_countries(ctx: &mut RequestContext<'_>) -> CheckResult {
    let global = &ctx.rules.network;
    let route = ctx.policy.map(|policy| &policy.network).filter(|route| route.about_countries());
    let acts = global.about_countries() && !ctx.allowlisted;
    if route.is_none() && !acts {
        return Ok(());
    }
    if ctx.client.address.is_some_and(|address| address.is_loopback()) {
        return Ok(());
    }
    let Fact::Value(country) = country(ctx) else { return missing(ctx, "countries") };
    if let Some(route) = route {
        if route.denies(country) {
            let by_deny = route.allow_countries.is_empty() || route.allows(country);
            let decorator = if by_deny { "block_countries" } else { "allow_countries" };
            return reject_for_route(ctx, decorator, "country_restriction");
        }
        if route.allows(country) {
            return Ok(());
        }
    }
    if !acts || !global.denies(country) {
        return Ok(());
    }
    let name = country.map_or_else(|| "unknown".into(), |country| format!("{country}"));
    reject(ctx, format!("IP from blocked country: {name}"), "global".into())
}

/// Named lists.
pub(crate) fn check_lists(ctx: &mut RequestContext<'_>) -> CheckResult {
    let global = &ctx.rules.network.lists;
    let route = ctx.policy.map(|policy| &policy.network.lists);
    let mut lists = global.iter().chain(route.into_iter().flatten()).peekable();
    if lists.peek().is_none() || ctx.allowlisted {
        return Ok(());
    }
    let Some(address) = ctx.client.address else { return Ok(()) };
    for list in lists {
        match ctx.head.facts.listed(list, address) {
            Fact::Value(false) => {}
            Fact::Value(true) => {
                let reason = format!("IP {address} is in the list {list}");
                return reject(ctx, reason, list.clone().into());
            }
            Fact::Missing => missing(ctx, list)?,
        }
    }
    Ok(())
}

/// Cloud providers.
pub(crate) fn check_clouds(ctx: &mut RequestContext<'_>) -> CheckResult {
    let global = &ctx.rules.network.clouds;
    let route = ctx.policy.map_or(&[][..], |policy| &policy.network.clouds);
    if global.is_empty() && route.is_empty() || ctx.allowlisted || ctx.exempt {
        return Ok(());
    }
    let Some(address) = ctx.client.address else { return Ok(()) };
    let facts = ctx.head.facts;
    for (cloud, of_route) in
        global.iter().map(|cloud| (cloud, false)).chain(route.iter().map(|cloud| (cloud, true)))
    {
        match cloud.match_address(facts, address) {
            CloudMatch::NoMatch => {}
            CloudMatch::Missing => missing(ctx, &cloud.provider)?,
            CloudMatch::Deny => return reject_cloud(ctx, cloud, address, of_route),
        }
    }
    Ok(())
}

impl DeniedCloud {
    /// An address in a network of an excepted region does not match, even if it is in other networks too.
    fn match_address(&self, facts: &dyn NetworkFacts, address: IpAddr) -> CloudMatch {
        let (mut inside, mut excepted) = (false, false);
        let known = facts.cloud(&self.provider, address, &mut |cloud| {
            inside = true;
            excepted |= self.excepts(cloud.region);
            !excepted && !self.except.is_empty()
        });
        match known {
            Fact::Missing => CloudMatch::Missing,
            Fact::Value(()) if inside && !excepted => CloudMatch::Deny,
            Fact::Value(()) => CloudMatch::NoMatch,
        }
    }
}

fn reject_cloud(
    ctx: &mut RequestContext<'_>,
    cloud: &DeniedCloud,
    address: IpAddr,
    of_route: bool,
) -> CheckResult {
    let mut network = String::new();
    ctx.head.facts.cloud(&cloud.provider, address, &mut |found| {
        network = found.network.into();
        false
    });
    let action = ctx.action(Check::CloudProvider);
    let provider = cloud.provider.as_str();
    let reason = format!("IP belongs to blocked cloud provider: {provider}");
    let metadata = [
        ("ip_address", format!("{address}").into()),
        ("filter_type", if of_route { "route" } else { "global" }.into()),
        ("cloud_provider", String::from(provider).into()),
        ("network", network.into()),
    ];
    ctx.event(EventKind::CloudBlocked, action, "cloud", reason, metadata);
    if of_route {
        let metadata = [
            ("decorator_type", "block_clouds".into()),
            ("violation_type", "cloud_provider".into()),
            ("blocked_providers", alloc::vec![String::from(provider)].into()),
        ];
        let reason = format!("Cloud provider IP {address} blocked");
        ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    }
    let hook_reason = format!("Blocked cloud provider IP: {address}");
    ctx.reject(
        RejectionDraft::new(Check::CloudProvider, 403, "Cloud provider IP not allowed")
            .hook_reason(hook_reason),
    )
}

/// The client's country, for a rule that requires it. If no table is loaded, a sampled event reports that.
fn country(ctx: &mut RequestContext<'_>) -> Fact<Option<Country>> {
    // A client without an address has no country.
    let known = ctx.client.address.map_or(Fact::Value(None), |address| ctx.head.facts.country(address));
    let is_reported = ctx.events.iter().any(|event| event.kind == EventKind::GeoLookupFailed);
    if known == Fact::Missing && ctx.head.sample_info_events && !is_reported {
        let reason = "Rules require countries, and no table of them is loaded".into();
        ctx.event(EventKind::GeoLookupFailed, "lookup_failed", "ipinfo", reason, []);
    }
    known
}

/// [`country`], without the distinction between an unknown country and a missing table.
pub(super) fn known_country(ctx: &mut RequestContext<'_>) -> Option<Country> {
    country(ctx).known()
}

/// Apply `access.on_missing_facts` to a rule whose facts are not loaded.
fn missing(ctx: &mut RequestContext<'_>, what: &str) -> CheckResult {
    if ctx.rules.config.access.on_missing_facts == OnMissingFacts::Allow {
        return Ok(());
    }
    reject(ctx, format!("Facts about {what} are not loaded"), "missing_facts".into())
}

fn reject(ctx: &mut RequestContext<'_>, reason: String, filter: MetaValue) -> CheckResult {
    let action = ctx.action(Check::IpSecurity);
    let client = ctx.client_name();
    let hook_reason = format!("IP not allowed: {client} - {reason}");
    let metadata = [("ip_address", client.into()), ("filter_type", filter)];
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::IpSecurity, 403, "Forbidden").hook_reason(hook_reason))
}
