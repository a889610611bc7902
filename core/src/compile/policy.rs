//! From the settings of a route to a compiled policy.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::detect::{class_set, exclusions};
use super::limits::{PolicyPath, range};
use super::{auth, behaviour, budget, effect, rate};
use crate::config::policy::{BodyRule, RoutePolicy};
use crate::config::{Config, ConfigErrors};
use crate::rules::access::Lists;
use crate::rules::body::MediaRanges;
use crate::rules::headers::HeaderRequirements;
use crate::rules::hours::Hours;
use crate::rules::network::NetworkRules;
use crate::rules::referrer::Referrers;
use crate::rules::skips::SkipSet;
use crate::rules::user_agent::UserAgents;
use crate::rules::{Policy, Rules, name_tag};

impl Policy {
    /// Compile a policy that code registered under `name`.
    pub(crate) fn compile(name: &str, policy: &RoutePolicy, rules: &Rules) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let compiled = compile(name, policy, rules, &PolicyPath(&format!("policy `{name}`: ")), &mut errors);
        errors.into_result(compiled)
    }
}

/// Compile the policies of `[[route]]`.
pub(super) fn routes(config: &Config, rules: &Rules, errors: &mut ConfigErrors) -> Vec<(String, Policy)> {
    let mut routes: Vec<(String, Policy)> = Vec::new();
    for (index, route) in config.route.iter().enumerate() {
        let place = format!("route[{index}].");
        let place = PolicyPath(&place);
        if !route.pattern.starts_with('/') {
            errors.push(place.of("pattern"), "must be a pattern of the framework, such as `/users/{id}`");
        }
        if routes.iter().any(|(known, _)| *known == route.pattern) {
            errors.push(place.of("pattern"), format!("`{}` has a policy already", route.pattern));
        }
        let policy = compile(&route.pattern, &route.policy, rules, &place, errors);
        routes.push((route.pattern.clone(), policy));
    }
    if routes.len() >= 1 << 15 {
        errors.push("route", "has more than 32767 entries");
    }
    routes
}

fn compile(
    name: &str,
    policy: &RoutePolicy,
    rules: &Rules,
    place: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Policy {
    let classes = policy.classes.as_ref().map(|names| class_set(names, &place.of("classes"), errors));
    let enabled = classes.unwrap_or(rules.detect.classes);
    if let Some(BodyRule::Inspect(limit) | BodyRule::Prefix(limit)) = policy.body {
        range(errors, &place.of("body"), limit.0, 1..=1 << 30);
    }
    rules.site.check_route(policy, place, errors);
    effect::check_route(policy, &rules.config, place, errors);
    let mut compiled = Policy {
        name: name.into(),
        tag: name_tag(name),
        skips: SkipSet::of(&policy.bypass),
        needs_application: !policy.validators.is_empty() || !policy.hooks.is_empty(),
        lists: Lists {
            allow: policy.allow.iter().copied().collect(),
            deny: policy.deny.iter().copied().collect(),
            ..Lists::default()
        },
        network: NetworkRules::of_route(policy, place, errors),
        agents: UserAgents::compile(&policy.deny_user_agents, &place.of("deny_user_agents"), errors),
        rates: rate::rates(name, policy, rules, place, errors),
        behaviour: behaviour::of_route(
            name,
            &policy.behaviour,
            &place.of("behaviour"),
            &rules.config.behaviour,
            errors,
        ),
        auth: auth::authentication(policy, &rules.config, place, errors),
        headers: HeaderRequirements::compile(&policy.required_headers, place, errors),
        referrers: Referrers::compile(&policy.referrers, place, errors),
        media: MediaRanges::compile(&policy.content_types, place, errors),
        country_rates: rate::country_rates(name, policy, rules, place, errors),
        hours: Hours::compile(&policy.hours, place, errors),
        classes,
        exclusions: exclusions(&policy.exclude, enabled, &rules.detect.custom, &place.of("exclude"), errors),
        source: policy.clone(),
    };
    compiled.skips = compiled.skips.with(SkipSet::unused(rules, Some(&compiled)));
    compiled.needs_application |= compiled.auth.as_ref().is_some_and(|auth| auth.verifier.is_some());
    budget::of_policy(rules, &compiled, place, errors);
    compiled
}
