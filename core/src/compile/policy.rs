//! From the settings of a route to a compiled policy.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::detect::exclusions;
use super::limits::{PolicyPath, range};
use super::{auth, behaviour, budget, effect, features, rate};
use crate::config::policy::{BodyRule, RoutePolicy};
use crate::config::{Config, ConfigErrors};
use crate::detect::ClassSet;
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
        let field_path = format!("route[{index}].");
        let field_path = PolicyPath(&field_path);
        if !route.pattern.starts_with('/') {
            errors
                .push(field_path.of("pattern"), "must be a pattern of the framework, such as `/users/{id}`");
        }
        if routes.iter().any(|(known, _)| *known == route.pattern) {
            errors.push(field_path.of("pattern"), format!("`{}` has a policy already", route.pattern));
        }
        let policy = compile(&route.pattern, &route.policy, rules, &field_path, errors);
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
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Policy {
    let classes = policy.classes.as_deref().map(ClassSet::of);
    if policy.classes.as_ref().is_some_and(Vec::is_empty) {
        errors.push(field_path.of("classes"), "names no class; to turn detection off, set `detect` to false");
    }
    for (index, _) in policy.honeypot.iter().enumerate().filter(|(_, field)| field.is_empty()) {
        errors.push(field_path.of(&format!("honeypot[{index}]")), "is empty; write the name of a form field");
    }
    let enabled = classes.unwrap_or(rules.detect.classes);
    if let Some(BodyRule::Inspect(limit) | BodyRule::Prefix(limit)) = policy.body {
        range(errors, &field_path.of("body"), limit.0, 1..=1 << 30);
    }
    rules.site.check_route(policy, field_path, errors);
    effect::check_route(policy, &rules.config, field_path, errors);
    let mut compiled = Policy {
        name: name.into(),
        tag: name_tag(name),
        skips: SkipSet::of(&policy.bypass),
        nested_skips: SkipSet::NONE,
        needs_application: !policy.validators.is_empty() || !policy.hooks.is_empty(),
        lists: Lists {
            allow: policy.allow.iter().copied().collect(),
            deny: policy.deny.iter().copied().collect(),
            ..Lists::default()
        },
        network: NetworkRules::of_route(policy, field_path, errors),
        agents: UserAgents::compile(&policy.deny_user_agents, &field_path.of("deny_user_agents"), errors),
        rates: rate::rates(name, policy, rules, field_path, errors),
        behaviour: behaviour::of_route(
            name,
            &policy.behaviour,
            &field_path.of("behaviour"),
            &rules.config.behaviour,
            errors,
        ),
        auth: auth::authentication(policy, &rules.config, field_path, errors),
        headers: HeaderRequirements::compile(&policy.required_headers, field_path, errors),
        referrers: Referrers::compile(&policy.referrers, field_path, errors),
        media: MediaRanges::compile(&policy.content_types, field_path, errors),
        country_rates: rate::country_rates(name, policy, rules, field_path, errors),
        hours: Hours::compile(&policy.hours),
        classes,
        exclusions: exclusions(
            &policy.exclude,
            enabled,
            &rules.detect.custom,
            &field_path.of("exclude"),
            errors,
        ),
        source: policy.clone(),
    };
    compiled.skips = compiled.skips.with(features::unused(rules, Some(&compiled)));
    compiled.nested_skips = SkipSet::NESTED.with(features::unused(rules.within(true), Some(&compiled)));
    compiled.needs_application |= compiled.auth.as_ref().is_some_and(|auth| auth.verifier.is_some());
    budget::of_policy(rules, &compiled, field_path, errors);
    compiled
}
