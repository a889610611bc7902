//! Reports fields that have no effect because of other fields.
//!
//! The fields of a section that is switched off are not reported, so that the section can be switched on again. Every other
//! field that is set and has no effect is reported as a mistake. Fields of policies are checked with the policy, without the
//! switches that dynamic rules change. Fields that a policy in code may use are not checked.

use super::limits::PolicyPath;
use crate::config::policy::{BodyRule, Bypass, RoutePolicy};
use crate::config::{Config, ConfigErrors};

/// Report every field of `config` that has no effect.
pub(super) fn check(config: &Config, errors: &mut ConfigErrors) {
    let default = Config::default();
    let mut inert = |path: &str, given: bool, needs: &str| {
        if given {
            errors.push(path, alloc::format!("has no effect {needs}"));
        }
    };
    let client = &config.client;
    if client.trusted_proxies.is_empty() {
        let without = "without `client.trusted_proxies`";
        inert("client.proxy_depth", client.proxy_depth != default.client.proxy_depth, without);
        inert("client.header", client.header != default.client.header, without);
        inert("client.trust_proto", client.trust_proto, without);
    }
    if !config.access.allow.is_empty() {
        let beside = "while `access.allow` is not empty; remove one of them";
        inert("access.deny", !config.access.deny.is_empty(), beside);
        inert("access.exempt", !config.access.exempt.is_empty(), beside);
    }
    let rate = &config.rate;
    inert("rate.key", rate.limit.is_none() && rate.key != default.rate.key, "without `rate.limit`");
    inert("rate.strikes", rate.strikes && !config.ban.enabled, "while `ban.enabled` is false");
    let trap = &config.trap;
    let term = trap.ban_for != default.trap.ban_for;
    inert("trap.ban_for", trap.paths.is_empty() && term, "without `trap.paths`");
    let behaviour = &config.behaviour;
    let has_status_rule = behaviour.not_found.is_some() || behaviour.enumeration.is_some();
    let term = behaviour.throttle_for != default.behaviour.throttle_for;
    let without = "without `behaviour.not_found` or `behaviour.enumeration`";
    inert("behaviour.throttle_for", !has_status_rule && term, without);
}

/// Report every field of `policy` that has no effect.
pub(super) fn check_route(
    policy: &RoutePolicy,
    config: &Config,
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) {
    let mut inert = |field: &str, given: bool, needs: &str| {
        if given {
            errors.push(field_path.of(field), alloc::format!("has no effect {needs}"));
        }
    };
    let by = |bypass| policy.bypass.contains(&bypass);
    let limits = by(Bypass::RateLimit);
    inert("rate", limits && !policy.rate.is_empty(), "with the bypass `rate_limit`");
    inert("country_rate", limits && !policy.country_rate.is_empty(), "with the bypass `rate_limit`");
    for (field, given) in [
        ("allow", !policy.allow.is_empty()),
        ("deny", !policy.deny.is_empty()),
        ("allow_countries", !policy.allow_countries.is_empty()),
        ("deny_countries", !policy.deny_countries.is_empty()),
        ("deny_lists", !policy.deny_lists.is_empty()),
    ] {
        inert(field, given && by(Bypass::Ip), "with the bypass `ip`");
    }
    inert("deny_clouds", by(Bypass::Clouds) && !policy.deny_clouds.is_empty(), "with the bypass `clouds`");
    let (bypassed, off) = (by(Bypass::Penetration), policy.detect == Some(false));
    inert("detect", bypassed && policy.detect.is_some(), "with the bypass `penetration`");
    let without = if bypassed { "with the bypass `penetration`" } else { "while `detect` is false" };
    inert("classes", (bypassed || off) && policy.classes.is_some(), without);
    inert("exclude", (bypassed || off) && !policy.exclude.is_empty(), without);
    let unread = policy.body.map_or(!config.body.inspect, |rule| rule == BodyRule::Skip);
    inert(
        "honeypot",
        unread && !policy.honeypot.is_empty(),
        "where bodies are not read; set `body` to inspect them",
    );
}
