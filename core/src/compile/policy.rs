//! From the wishes of a route to a compiled policy.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{budget, class_set, effect, outcomes, range, rate_key};
use crate::check::access::Lists;
use crate::check::auth::Authentication;
use crate::check::rate::{CountryRates, RateKey, Tier};
use crate::check::{content, headers, hours, network, referrer, user_agent};
use crate::config::policy::{BodyRule, RoutePolicy};
use crate::config::{Config, ConfigErrors, Country, Rate};
use crate::engine::{Policy, Rules};
use crate::state::Key;

/// Where the problems of a policy are.
pub(crate) struct PolicyPath<'n>(pub(crate) &'n str);

impl PolicyPath<'_> {
    /// A field of the policy.
    pub(crate) fn of(&self, field: &str) -> String {
        format!("{}{field}", self.0)
    }
}

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
    let compiled = Policy {
        name: name.into(),
        lists: Lists {
            allow: policy.allow.iter().copied().collect(),
            deny: policy.deny.iter().copied().collect(),
            ..Lists::default()
        },
        network: network::NetworkRules::of_route(policy, place, errors),
        agents: user_agent::UserAgents::compile(
            &policy.deny_user_agents,
            &place.of("deny_user_agents"),
            errors,
        ),
        rates: rates(name, policy, rules, place, errors),
        behaviour: crate::compile::behaviour::of_route(
            name,
            &policy.behaviour,
            &place.of("behaviour"),
            &rules.config.behaviour,
            errors,
        ),
        auth: authentication(policy, &rules.config, place, errors),
        headers: headers::HeaderRequirements::compile(&policy.required_headers, place, errors),
        referrers: referrer::Referrers::compile(&policy.referrers, place, errors),
        media: content::MediaRanges::compile(&policy.content_types, place, errors),
        country_rates: country_rates(name, policy, rules, place, errors),
        hours: hours::Hours::compile(&policy.hours, place, errors),
        classes,
        exclusions: crate::compile::detect::exclusions(
            &policy.exclude,
            enabled,
            &rules.detect.custom,
            &place.of("exclude"),
            errors,
        ),
        source: policy.clone(),
    };
    budget::of_policy(rules, &compiled, place, errors);
    compiled
}

fn rates(
    name: &str,
    policy: &RoutePolicy,
    rules: &Rules,
    place: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Vec<Tier> {
    let mut rates = Vec::new();
    for (index, rate) in policy.rate.iter().enumerate() {
        let key = rate_key(&rate.key, &place.of(&format!("rate[{index}].key")), errors);
        let rule = Key::rule_of(&format!("route\0{name}\0{index}"));
        rates.push(Tier { rule, quota: Rate::quota(rate.limit), key, outcomes: outcomes(&rate.outcomes) });
    }
    if !rules.config.rate.enabled {
        rates.clear();
    }
    rates
}

fn country_rates(
    name: &str,
    policy: &RoutePolicy,
    rules: &Rules,
    place: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> CountryRates {
    let mut rates = CountryRates::default();
    for (code, rate) in &policy.country_rate {
        let path = || place.of(&format!("country_rate.{code}"));
        let tier = |code: &str| Tier {
            rule: Key::rule_of(&format!("route\0{name}\0country\0{code}")),
            quota: rate.quota(),
            key: RateKey::client(),
            outcomes: None,
        };
        match code.parse::<Country>() {
            _ if code == "*" => rates.others = Some(tier(code)),
            Ok(country) if rates.by_country.iter().any(|(known, _)| *known == country) => {
                errors
                    .push(path(), format!("`{country}` has a limit already; codes are compared in any case"));
            }
            Ok(country) => rates.by_country.push((country, tier(country.code()))),
            Err(problem) => errors.push(path(), format!("{problem}, or `*` for all others")),
        }
    }
    if rules.config.rate.enabled { rates } else { CountryRates::default() }
}

fn authentication(
    policy: &RoutePolicy,
    config: &Config,
    place: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Option<Authentication> {
    let Some(credential) = &policy.credential else {
        if policy.verifier.is_some() || policy.presence_only {
            errors.push(place.of("credential"), "is missing; write `bearer`, `basic` or `header:NAME`");
        }
        return None;
    };
    let verifier = policy.verifier.as_ref().or(config.hooks.verifier.as_ref());
    match (policy.presence_only, verifier) {
        (true, _) if policy.verifier.is_some() => {
            errors.push(place.of("verifier"), "has no effect with `presence_only`; remove one of them");
        }
        (false, None) => {
            errors.push(
                place.of("verifier"),
                "is missing; name one here or in `hooks.verifier`, or set `presence_only`",
            );
        }
        _ => {}
    }
    let verifier = verifier.filter(|_| !policy.presence_only).cloned();
    Some(Authentication { credential: credential.clone(), verifier })
}
