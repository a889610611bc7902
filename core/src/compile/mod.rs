//! From a configuration to the rules of an engine, with the checks that involve more than one field.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use crate::checks::CheckSet;
use crate::config::policy::BodyRule;
use crate::config::{Config, ConfigErrors};
use crate::detect::Recognisers;
use crate::engine::Engine;
use crate::event::{EventKind, KindSet};
use crate::rules::Rules;
use crate::rules::access::Lists;
use crate::rules::body::BodyRules;
use crate::rules::errors::ErrorBodies;
use crate::rules::excluded::ExcludedPaths;
use crate::rules::network::NetworkRules;
use crate::rules::proxies::Proxies;
use crate::rules::security_headers::SecurityHeaders;
use crate::rules::site::SiteRules;
use crate::rules::skips::SkipSet;
use crate::rules::trap::Traps;
use crate::rules::user_agent::UserAgents;
use limits::{range, span};

mod auth;
mod ban;
mod behaviour;
mod body;
pub(crate) mod body_patterns;
mod budget;
pub(crate) mod cors;
pub(crate) mod detect;
mod document;
mod effect;
mod engine;
mod errors;
mod excluded;
mod features;
mod headers;
mod hours;
pub(crate) mod limits;
mod nested;
mod network;
mod policy;
mod proxies;
mod rate;
mod referrer;
mod security_headers;
mod site;
mod trap;
mod user_agent;

const MAX_DEPTH: u8 = 16;

/// Report the problems of `config`.
pub(crate) fn check(config: &Config, errors: &mut ConfigErrors) {
    let rules = rules_with_nested(config, None, errors);
    budget::of_configuration(&rules, errors);
    policy::routes(config, &rules, errors);
    check_effects(config, errors);
}

/// Build the engine.
fn compile(config: Config, recognisers: Option<&Recognisers>) -> Result<Engine, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let rules = rules_with_nested(&config, recognisers, &mut errors);
    budget::of_configuration(&rules, &mut errors);
    let routes = policy::routes(&config, &rules, &mut errors);
    check_effects(&config, &mut errors);
    errors.into_result(())?;
    Ok(Engine::new(rules, recognisers.cloned()).with_routes(routes))
}

/// Report fields without an effect, unless another problem of the field is reported.
fn check_effects(config: &Config, errors: &mut ConfigErrors) {
    let mut inert = ConfigErrors::default();
    effect::check(config, &mut inert);
    errors.add_unreported(inert);
}

/// The rules of `config`, with those of a guard inside another.
fn rules_with_nested(config: &Config, recognisers: Option<&Recognisers>, errors: &mut ConfigErrors) -> Rules {
    let mut rules = rules(config, recognisers, errors);
    // The problems of the configuration are reported already.
    let mut nested = self::rules(&nested::config(config), None, &mut ConfigErrors::default());
    nested.detect = Arc::clone(&rules.detect);
    rules.nested = Some(Box::new(nested));
    rules
}

fn rules(config: &Config, recognisers: Option<&Recognisers>, errors: &mut ConfigErrors) -> Rules {
    let (trusted, trust_unix) = proxies::proxies(config);
    let client = [config.client.proxy_depth, config.client.ipv6_prefix];
    for ((path, allowed), value) in crate::config::read::NARROW.into_iter().zip(client) {
        range(errors, path, i64::from(value), allowed);
    }
    span(errors, "body.timeout", config.body.timeout, Duration::from_millis(10), Duration::from_secs(300));
    range(errors, "body.limit", config.body.limit.0, 1 << 10..=1 << 30);
    let body = if config.body.inspect { BodyRule::Inspect(config.body.limit) } else { BodyRule::Skip };
    let mut rules = Rules {
        skips: SkipSet::NONE,
        nested: None,
        passive: config.passive,
        shadow: config.shadow.iter().fold(CheckSet::default(), |set, check| set.with(*check)),
        events: events(config),
        proxies: Proxies {
            trusted: trusted.iter().copied().collect(),
            trust_unix,
            depth: usize::from(config.client.proxy_depth.clamp(1, MAX_DEPTH)),
            header: proxies::forward_header(&config.client.header),
            trust_proto: config.client.trust_proto,
        },
        ipv6_prefix: config.client.ipv6_prefix,
        on_unknown: config.client.on_unknown,
        lists: Lists {
            allow: config.access.allow.iter().copied().collect(),
            deny: config.access.deny.iter().copied().collect(),
            exempt: config.access.exempt.iter().copied().collect(),
        },
        emergency: config.emergency.allow.iter().copied().collect(),
        network: NetworkRules::compile(&config.access, errors),
        site: SiteRules::compile(&config.site, errors),
        agents: UserAgents::compile(&config.access.deny_user_agents, "access.deny_user_agents", errors),
        traps: Traps::compile(&config.trap, errors),
        excluded: ExcludedPaths::compile(&config.exclude_paths, errors),
        limits: rate::limits(config, errors),
        behaviour: behaviour::global(&config.behaviour, errors),
        ban: ban::ban(config, trusted, errors),
        detect: Arc::new(detect::detect(config, recognisers, errors)),
        body: BodyRules {
            rule: body,
            timeout: config.body.timeout.0,
            inflation: body::inflation(config, errors),
        },
        headers: SecurityHeaders::compile(&config.headers, errors),
        cors: cors::cors(config, errors),
        errors: ErrorBodies::compile(&config.errors, errors),
        config: config.clone(),
    };
    rules.skips = features::unused(&rules, None);
    rules
}

/// The kinds of event that are produced.
fn events(config: &Config) -> KindSet {
    let events = &config.events;
    let produced = EventKind::all().filter(|kind| events.enabled && !events.muted.contains(kind));
    produced.fold(KindSet::default(), KindSet::with)
}
