//! From a configuration to the rules of an engine: everything that one field alone cannot know.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use arrayvec::ArrayVec;

use crate::behaviour::StatusSet;
use crate::body::coding::Inflation;
use crate::check::access::Lists;
use crate::check::ban::{BanRules, MAX_CLASSES, StrikeReason};
use crate::check::content::BodyRules;
use crate::check::excluded::ExcludedPaths;
use crate::check::network::NetworkRules;
use crate::check::rate::{Endpoint, KeyPart, Limits, MAX_PARTS, RateKey, Tier};
use crate::check::site::SiteRules;
use crate::check::suspicious::DetectRules;
use crate::check::trap::Traps;
use crate::check::user_agent::UserAgents;
use crate::config::policy::BodyRule;
use crate::config::{Body, Config, ConfigErrors, EndpointRate, Events, HumanDuration, StatusPattern};
use crate::detect::{Class, ClassSet, MAX_THRESHOLD};
use crate::engine::{Engine, Rules};
use crate::event::{EventKind, KindSet};
use crate::net::Cidr;
use crate::request::client::{ForwardHeader, Proxies};
use crate::respond::{Cors, ErrorBodies, SecurityHeaders};
use crate::state::{Key, Quota};
use crate::text::unknown;
use crate::verdict::{Check, CheckSet};

pub(crate) use policy::PolicyPath;

pub(crate) mod behaviour;
mod budget;
pub(crate) mod cors;
pub(crate) mod detect;
mod document;
mod effect;
mod policy;

/// The longest ban.
pub(crate) const MAX_BAN: Duration = Duration::from_secs(366 * 86_400);
const MAX_DEPTH: u8 = 16;
/// Limits of single paths: they are numbered with 16 bits.
const MAX_ENDPOINTS: usize = 1 << 16;

/// Report what is wrong with `config`.
pub(crate) fn check(config: &Config, errors: &mut ConfigErrors) {
    let rules = rules(config, errors);
    budget::of_configuration(&rules, errors);
    policy::routes(config, &rules, errors);
    effects(config, errors);
}

/// Build the engine.
fn compile(config: Config) -> Result<Engine, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let rules = rules(&config, &mut errors);
    budget::of_configuration(&rules, &mut errors);
    let routes = policy::routes(&config, &rules, &mut errors);
    effects(&config, &mut errors);
    errors.into_result(())?;
    Ok(Engine::new(rules).with_routes(routes))
}

/// Report fields without an effect; of a field that is wrong anyway, only that.
fn effects(config: &Config, errors: &mut ConfigErrors) {
    let mut inert = ConfigErrors::default();
    effect::check(config, &mut inert);
    errors.add_unreported(inert);
}

fn rules(config: &Config, errors: &mut ConfigErrors) -> Rules {
    let (trusted, trust_unix) = proxies(config, errors);
    let client = [config.client.proxy_depth, config.client.ipv6_prefix];
    for ((path, allowed), value) in crate::config::read::NARROW.into_iter().zip(client) {
        range(errors, path, i64::from(value), allowed);
    }
    span(errors, "body.timeout", config.body.timeout, Duration::from_millis(10), Duration::from_secs(300));
    range(errors, "body.limit", config.body.limit.0, 1 << 10..=1 << 30);
    muted(config, errors);
    let body = if config.body.inspect { BodyRule::Inspect(config.body.limit) } else { BodyRule::Skip };
    Rules {
        passive: config.passive,
        shadow: checks(&config.shadow, "shadow", errors),
        events: events(config, errors),
        proxies: Proxies {
            trusted: trusted.iter().copied().collect(),
            trust_unix,
            depth: usize::from(config.client.proxy_depth.clamp(1, MAX_DEPTH)),
            header: forward_header(&config.client.header, errors),
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
        limits: limits(config, errors),
        behaviour: behaviour::global(&config.behaviour, errors),
        ban: ban(config, trusted, errors),
        detect: detect_rules(config, errors),
        body: BodyRules { rule: body, timeout: config.body.timeout.0, inflation: inflation(config, errors) },
        headers: SecurityHeaders::compile(&config.headers, errors),
        cors: Cors::compile(config, errors),
        errors: ErrorBodies::compile(&config.errors, errors),
        config: config.clone(),
    }
}

/// The checks of these names.
fn checks(names: &[String], path: &str, errors: &mut ConfigErrors) -> CheckSet {
    let mut set = CheckSet::default();
    for (index, name) in names.iter().enumerate() {
        match Check::named(name) {
            Some(check) => set = set.with(check),
            None => {
                let known: Vec<&str> = Check::all().map(Check::name).collect();
                errors.push(format!("{path}[{index}]"), unknown("check", name, &known));
            }
        }
    }
    set
}

/// Report names of muted lines and numbers that there are none of: a misspelt one would mute nothing.
fn muted(config: &Config, errors: &mut ConfigErrors) {
    checks(&config.log.muted_checks, "log.muted_checks", errors);
    for (index, name) in config.events.muted_metrics.iter().enumerate() {
        if !Events::NUMBERS.contains(&name.as_str()) {
            errors.push(format!("events.muted_metrics[{index}]"), unknown("number", name, &Events::NUMBERS));
        }
    }
}

/// The kinds of event that are produced.
fn events(config: &Config, errors: &mut ConfigErrors) -> KindSet {
    let mut muted = KindSet::default();
    for (index, name) in config.events.muted.iter().enumerate() {
        match EventKind::named(name) {
            Some(kind) => muted = muted.with(kind),
            None => {
                let known: Vec<&str> = EventKind::all().map(EventKind::name).collect();
                errors.push(format!("events.muted[{index}]"), unknown("event", name, &known));
            }
        }
    }
    let produced = EventKind::all().filter(|kind| config.events.enabled && !muted.has(*kind));
    produced.fold(KindSet::default(), KindSet::with)
}

fn inflation(config: &Config, errors: &mut ConfigErrors) -> Inflation {
    let (body, default) = (&config.body, Body::default());
    range(errors, "body.inflate_limit", body.inflate_limit.0, 1 << 10..=1 << 30);
    // Deflate cannot do better than 1032 to one.
    range(errors, "body.inflate_ratio", body.inflate_ratio, 1..=1100);
    let bounded = body.inflate_limit != default.inflate_limit || body.inflate_ratio != default.inflate_ratio;
    if !body.inflate && bounded {
        errors
            .push("body.inflate", "is off, so that limit and ratio of inflation have no effect; remove them");
    }
    Inflation {
        enabled: body.inflate,
        limit: usize::try_from(body.inflate_limit.0).unwrap_or(usize::MAX),
        ratio: body.inflate_ratio,
    }
}

pub(crate) fn range<N: PartialOrd + ToString>(
    errors: &mut ConfigErrors,
    path: &str,
    value: N,
    range: core::ops::RangeInclusive<N>,
) {
    if !range.contains(&value) {
        let (low, high) = (range.start().to_string(), range.end().to_string());
        errors.push(path, format!("{} is out of range; write {low} to {high}", value.to_string()));
    }
}

pub(crate) fn span(
    errors: &mut ConfigErrors,
    path: &str,
    value: HumanDuration,
    low: Duration,
    high: Duration,
) {
    if !(low..=high).contains(&value.0) {
        errors.push(
            path,
            format!("`{value}` is out of range; write {} to {}", HumanDuration(low), HumanDuration(high)),
        );
    }
}

fn proxies(config: &Config, errors: &mut ConfigErrors) -> (Vec<Cidr>, bool) {
    let mut networks = Vec::new();
    let mut unix = false;
    for (index, entry) in config.client.trusted_proxies.iter().enumerate() {
        match entry.parse::<Cidr>() {
            Ok(cidr) => networks.push(cidr),
            Err(_) if entry == "unix" => unix = true,
            Err(error) => {
                errors.push(format!("client.trusted_proxies[{index}]"), format!("{error}, or `unix`"));
            }
        }
    }
    (networks, unix)
}

fn forward_header(name: &str, errors: &mut ConfigErrors) -> ForwardHeader {
    if name.eq_ignore_ascii_case("forwarded") {
        return ForwardHeader::Forwarded;
    }
    if http::HeaderName::try_from(name).is_err() {
        errors.push("client.header", format!("`{name}` is not a header name"));
    }
    ForwardHeader::List(name.to_ascii_lowercase())
}

fn limits(config: &Config, errors: &mut ConfigErrors) -> Limits {
    let rate = &config.rate;
    let tier = |name: &str, quota: Quota, key: RateKey| Tier {
        rule: Key::rule_of(name),
        quota,
        key,
        outcomes: None,
    };
    let key = rate_key(&rate.key, "rate.key", errors);
    let global = rate.limit.filter(|_| rate.enabled).map(|limit| tier("rate", limit.quota(), key));
    let mut endpoints = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (index, endpoint) in rate.endpoint.iter().enumerate() {
        let path = format!("rate.endpoint[{index}]");
        if !endpoint.path.starts_with('/') {
            errors.push(format!("{path}.path"), "must start with `/`");
        }
        let key = rate_key(&endpoint.key, &format!("{path}.key"), errors);
        let methods: Vec<String> =
            endpoint.methods.iter().map(|method| method.to_ascii_uppercase()).collect();
        let name = endpoint_name(endpoint, &methods);
        // Two limits of one path, such as `5/s` and `100/h`, count each on its own.
        let before = names.get(&name).copied().unwrap_or_default();
        let counter = if before == 0 { name.clone() } else { format!("{name}\0{before}") };
        names.insert(name, before + 1);
        endpoints.push(Endpoint {
            path: endpoint.path.clone(),
            methods,
            tier: Tier {
                outcomes: outcomes(&endpoint.outcomes),
                ..tier(&counter, endpoint.limit.quota(), key)
            },
        });
    }
    if endpoints.len() > MAX_ENDPOINTS {
        errors.push("rate.endpoint", format!("has {} entries; at most {MAX_ENDPOINTS} fit", endpoints.len()));
    }
    if !rate.enabled {
        endpoints.clear();
    }
    endpoints.sort_by(|a, b| a.path.cmp(&b.path));
    Limits {
        global,
        endpoints,
        fields: rate.fields,
        on_unavailable: rate.on_unavailable,
        retry_after: rate.retry_after,
        strikes: rate.strikes && config.ban.enabled,
    }
}

/// The statuses that a limit counts, where it counts by outcome.
fn outcomes(statuses: &[StatusPattern]) -> Option<StatusSet> {
    (!statuses.is_empty()).then(|| statuses.iter().copied().collect())
}

/// What the counter of an endpoint is called: its own path, methods and key, so that it survives a reload.
fn endpoint_name(endpoint: &EndpointRate, methods: &[String]) -> String {
    let mut name = format!("endpoint\0{}\0{}\0{}", endpoint.path, methods.join(","), endpoint.key.join(","));
    for statuses in &endpoint.outcomes {
        name.push_str(&format!("\0{statuses}"));
    }
    name
}

fn rate_key(parts: &[String], path: &str, errors: &mut ConfigErrors) -> RateKey {
    let mut key = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let part = match part.split_once(':') {
            Some(("header", name)) if !name.is_empty() => Some(KeyPart::Header(name.to_ascii_lowercase())),
            Some(("cookie", name)) if !name.is_empty() => Some(KeyPart::Cookie(name.into())),
            None if part == "client" => Some(KeyPart::Client),
            None if part == "principal" => Some(KeyPart::Principal),
            _ => None,
        };
        match part {
            Some(part) => key.push(part),
            None => errors.push(
                format!("{path}[{index}]"),
                format!(
                    "`{}` is not one of `client`, `principal`, `header:NAME`, `cookie:NAME`",
                    parts[index]
                ),
            ),
        }
    }
    if !(1..=MAX_PARTS).contains(&parts.len()) {
        errors.push(path, "must have one to four parts, such as `[\"client\"]`");
        return RateKey::client();
    }
    RateKey(key)
}

fn ban(config: &Config, spared: Vec<Cidr>, errors: &mut ConfigErrors) -> BanRules {
    let ban = &config.ban;
    span(errors, "ban.window", ban.window, Duration::from_secs(1), Quota::MAX_WINDOW);
    span(errors, "ban.duration", ban.duration, Duration::from_secs(1), MAX_BAN);
    range(errors, "ban.threshold", ban.threshold, 1..=u32::MAX);
    let mut classes: ArrayVec<_, MAX_CLASSES> = ArrayVec::new();
    for (index, class) in ban.class.iter().enumerate() {
        let path = format!("ban.class[{index}]");
        range(errors, &format!("{path}.threshold"), class.threshold, 1..=u32::MAX);
        span(errors, &format!("{path}.duration"), class.duration, Duration::from_secs(1), MAX_BAN);
        let Some(offence) = StrikeReason::named(&class.class) else {
            let names: Vec<&str> = StrikeReason::all().map(StrikeReason::name).collect();
            errors.push(format!("{path}.class"), unknown("class", &class.class, &names));
            continue;
        };
        if offence == StrikeReason::RateLimit && !config.rate.strikes {
            errors.push(format!("{path}.class"), "has no effect while `rate.strikes` is false");
        }
        if classes.iter().any(|(known, _)| *known == offence) {
            errors.push(format!("{path}.class"), format!("`{}` has a threshold already", class.class));
            continue;
        }
        let name = format!("strike\0{}", offence.name());
        let threshold = BanRules::threshold(config, &name, class.threshold, class.duration.0);
        if classes.try_push((offence, threshold)).is_err() {
            errors.push(path, format!("is one too many; at most {MAX_CLASSES} classes have their own"));
        }
    }
    BanRules {
        enabled: ban.enabled,
        total: BanRules::threshold(config, "strike", ban.threshold, ban.duration.0),
        classes,
        on_unavailable: ban.on_unavailable,
        spared,
    }
}

fn detect_rules(config: &Config, errors: &mut ConfigErrors) -> DetectRules {
    let detect = &config.detect;
    let classes = class_set(&detect.classes, "detect.classes", errors);
    range(errors, "detect.threshold", detect.threshold, 0.5..=f64::from(MAX_THRESHOLD) / 100.0);
    let custom = detect::custom_patterns(&detect.pattern, "detect.pattern", errors);
    if !detect.pattern.is_empty() && !classes.has(Class::Custom) {
        errors
            .push("detect.pattern", "has no effect while `detect.classes` leaves out `custom`; add it there");
    }
    DetectRules {
        enabled: detect.enabled && !classes.is_empty(),
        classes,
        threshold: hundredths(detect.threshold),
        shadow: detect::shadow_rules(&detect.shadow, &custom, "detect.shadow", errors),
        exclusions: detect::exclusions(&detect.exclude, classes, &custom, "detect.exclude", errors),
        custom,
        sensitive: detect.sensitive.iter().map(|name| name.to_ascii_lowercase()).collect(),
        on_incomplete: detect.on_incomplete,
    }
}

/// A score in hundredths, rounded; the caller has checked its range.
fn hundredths(score: f64) -> u16 {
    (score * 100.0 + 0.5) as u16
}

fn class_set(names: &[String], path: &str, errors: &mut ConfigErrors) -> ClassSet {
    let mut set = ClassSet::NONE;
    for (index, name) in names.iter().enumerate() {
        match Class::named(name) {
            Some(class) => set = set.with(class),
            None => {
                errors.push(format!("{path}[{index}]"), unknown("class", name, &Class::ALL.map(Class::name)));
            }
        }
    }
    set
}
