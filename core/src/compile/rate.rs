//! From `[rate]` and the limits of a policy to their rules.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::limits::PolicyPath;
use crate::config::policy::RoutePolicy;
use crate::config::{Config, ConfigErrors, Country, EndpointRate, Rate, RateKey, StatusPattern};
use crate::request::canonical_path::configured_path;
use crate::rules::Rules;
use crate::rules::rate::{CounterKey, CountryRates, Endpoint, Limits, MAX_PARTS, Tier};
use crate::rules::status::StatusSet;
use crate::state::{Key, Quota};

/// The maximum number of limits of single paths: their numbers have 16 bits.
const MAX_ENDPOINTS: usize = 1 << 16;

pub(super) fn limits(config: &Config, errors: &mut ConfigErrors) -> Limits {
    let rate = &config.rate;
    let tier = |name: &str, quota: Quota, key: CounterKey| Tier {
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
        let canonical = configured_path(&endpoint.path).unwrap_or_else(|problem| {
            errors.push(format!("{path}.path"), problem);
            String::new()
        });
        let key = rate_key(&endpoint.key, &format!("{path}.key"), errors);
        let methods: Vec<String> =
            endpoint.methods.iter().map(|method| method.as_str().to_ascii_uppercase()).collect();
        let name = endpoint_name(&canonical, endpoint, &methods);
        // Limits of the same path, such as `5/s` and `100/h`, have separate counters.
        let before = names.get(&name).copied().unwrap_or_default();
        let counter = if before == 0 { name.clone() } else { format!("{name}\0{before}") };
        names.insert(name, before + 1);
        endpoints.push(Endpoint {
            path: canonical,
            methods,
            tier: Tier {
                outcomes: outcomes(&endpoint.outcomes, &format!("{path}.outcomes"), errors),
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
    let preflight = preflight_quota(config).map(|quota| tier("preflight", quota, CounterKey::client()));
    Limits {
        global,
        preflight,
        endpoints,
        fields: rate.fields,
        on_unavailable: rate.on_unavailable,
        retry_after: rate.retry_after,
        strikes: rate.strikes && config.ban.enabled,
    }
}

/// The quota of preflights. It is not lower than that of requests: a browser may send a preflight before each of them.
fn preflight_quota(config: &Config) -> Option<Quota> {
    let quota = config.cors.preflight_limit.filter(|_| config.cors.enabled && config.rate.enabled)?.quota();
    let higher = config.rate.limit.map(Rate::quota).filter(|of_requests| {
        let scaled = |quota: &Quota, window: Quota| u128::from(quota.limit()) * window.window().as_millis();
        scaled(of_requests, quota) > scaled(&quota, *of_requests)
    });
    Some(higher.unwrap_or(quota))
}

/// The name of an endpoint's counter: its canonical path, methods and key, so that the counter survives a reload.
fn endpoint_name(path: &str, endpoint: &EndpointRate, methods: &[String]) -> String {
    let key: Vec<String> = endpoint.key.iter().map(RateKey::to_string).collect();
    let mut name = format!("endpoint\0{path}\0{}\0{}", methods.join(","), key.join(","));
    for statuses in &endpoint.outcomes {
        name.push_str(&format!("\0{statuses}"));
    }
    name
}

pub(super) fn rates(
    name: &str,
    policy: &RoutePolicy,
    rules: &Rules,
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Vec<Tier> {
    let mut rates = Vec::new();
    for (index, rate) in policy.rate.iter().enumerate() {
        let key = rate_key(&rate.key, &field_path.of(&format!("rate[{index}].key")), errors);
        let rule = Key::rule_of(&format!("route\0{name}\0{index}"));
        let outcomes = outcomes(&rate.outcomes, &field_path.of(&format!("rate[{index}].outcomes")), errors);
        rates.push(Tier { rule, quota: Rate::quota(rate.limit), key, outcomes });
    }
    if !rules.config.rate.enabled {
        rates.clear();
    }
    rates
}

pub(super) fn country_rates(
    name: &str,
    policy: &RoutePolicy,
    rules: &Rules,
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> CountryRates {
    let mut rates = CountryRates::default();
    for (code, rate) in &policy.country_rate {
        let path = || field_path.of(&format!("country_rate.{code}"));
        let tier = |code: &str| Tier {
            rule: Key::rule_of(&format!("route\0{name}\0country\0{code}")),
            quota: rate.quota(),
            key: CounterKey::client(),
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

/// The statuses that a limit counts, if it counts by outcome.
fn outcomes(statuses: &[StatusPattern], path: &str, errors: &mut ConfigErrors) -> Option<StatusSet> {
    for (index, statuses) in statuses.iter().enumerate() {
        if let Err(problem) = statuses.checked() {
            errors.push(format!("{path}[{index}]"), problem);
        }
    }
    (!statuses.is_empty()).then(|| statuses.iter().copied().collect())
}

fn rate_key(parts: &[RateKey], path: &str, errors: &mut ConfigErrors) -> CounterKey {
    if !(1..=MAX_PARTS).contains(&parts.len()) {
        errors.push(path, "must have one to four parts, such as `[\"client\"]`");
        return CounterKey::client();
    }
    for (index, _) in parts.iter().enumerate().filter(|(_, part)| **part == RateKey::Cookie(String::new())) {
        errors.push(format!("{path}[{index}]"), "is a cookie without a name");
    }
    CounterKey(parts.to_vec())
}
