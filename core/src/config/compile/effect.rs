//! Fields that could have no effect beside what else is written.
//!
//! One rule decides: a switch that is off keeps the rest of its own section prepared, so that it can be turned on again;
//! every other field that was given a value and cannot act is a mistake of its author, who believes that it does. Fields of
//! policies are judged with the policy, and a field that a policy in code may yet need is not judged here.

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
    let watched = behaviour.not_found.is_some() || behaviour.enumeration.is_some();
    let term = behaviour.throttle_for != default.behaviour.throttle_for;
    let without = "without `behaviour.not_found` or `behaviour.enumeration`";
    inert("behaviour.throttle_for", !watched && term, without);
}
