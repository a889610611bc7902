//! A document on top of a configuration: replaced fields and dropped entries.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::RuleDocument;
use crate::compat::settings::{PROVIDERS, carve_regions, carved_message};
use crate::config::{CloudRule, Config, Country, EndpointRate, HumanDuration, Pattern, Rate, StrikeReason};
use crate::detect::Class;
use crate::net::Cidr;
use crate::pattern::Patterns;
use crate::request::canonical_path::configured_path;
use crate::state::Quota;

/// The default window of a limit.
const MINUTE: Duration = Duration::from_secs(60);

/// The configuration `base` with the rules of `document`. Dropped entries are added to `warnings`.
pub(super) fn overlay(base: &Config, document: &RuleDocument, warnings: &mut Vec<String>) -> Config {
    let mut config = base.clone();
    access(&mut config, document, warnings);
    patterns(&mut config, document, warnings);
    limits(&mut config, document, warnings);
    switches(&mut config, document, warnings);
    if document.emergency_mode {
        config.emergency.enabled = true;
        config.emergency.allow = parsed(&document.emergency_whitelist, "emergency_whitelist", warnings);
        config.ban.threshold = (config.ban.threshold / 2).max(1);
    }
    reconcile(&mut config, warnings);
    config
}

/// The valid entries of a list.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(
    texts: &[String],
    name: &str,
    warnings: &mut Vec<String>,
) -> Vec<T> {
    let mut parsed = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(value) => parsed.push(value),
            Err(problem) => warnings.push(format!("`{name}`: {problem}")),
        }
    }
    parsed
}

/// Replace a list, unless the new one is empty: a document cannot clear a list.
fn replace<T>(list: &mut Vec<T>, by: Vec<T>) {
    if !by.is_empty() {
        *list = by;
    }
}

fn access(config: &mut Config, document: &RuleDocument, warnings: &mut Vec<String>) {
    let access = &mut config.access;
    let denied: Vec<Country> = parsed(&document.blocked_countries, "blocked_countries", warnings);
    let allowed: Vec<Country> = parsed(&document.whitelist_countries, "whitelist_countries", warnings);
    // In the family an allow list of countries disables the block list; here both would apply.
    if !denied.is_empty() && !allowed.is_empty() {
        access.deny_countries.clear();
        warnings.push("`blocked_countries`: has no effect while `whitelist_countries` is not empty".into());
    } else {
        replace(&mut access.deny_countries, denied);
    }
    replace(&mut access.allow_countries, allowed);
    let mut clouds: Vec<CloudRule> =
        parsed(&document.blocked_cloud_providers, "blocked_cloud_providers", warnings);
    clouds.retain(|cloud| {
        let known = PROVIDERS.contains(&cloud.provider.as_str());
        if !known {
            warnings.push(format!("`blocked_cloud_providers`: `{}` is not a known provider", cloud.provider));
        }
        known
    });
    for provider in carve_regions(&mut clouds) {
        warnings.push(format!("`blocked_cloud_providers`: {}", carved_message(&provider)));
    }
    replace(&mut access.deny_clouds, clouds);
    let agents = regexes(&document.blocked_user_agents, "blocked_user_agents", true, warnings);
    replace(&mut access.deny_user_agents, agents);
}

/// The valid regular expressions of a list.
fn regexes(patterns: &[String], name: &str, ignore_case: bool, warnings: &mut Vec<String>) -> Vec<String> {
    let mut compiled = Vec::new();
    for pattern in patterns {
        match Patterns::compile(&[pattern], ignore_case) {
            Ok(_) => compiled.push(pattern.clone()),
            Err((_, problem)) => warnings.push(format!("`{name}`: {problem}")),
        }
    }
    compiled
}

/// The patterns of a document are named by their index.
fn patterns(config: &mut Config, document: &RuleDocument, warnings: &mut Vec<String>) {
    let patterns = regexes(&document.suspicious_patterns, "suspicious_patterns", true, warnings);
    if !patterns.is_empty() && !config.detect.classes.contains(&Class::Custom) {
        config.detect.classes.push(Class::Custom);
    }
    for (index, pattern) in patterns.into_iter().enumerate() {
        // The family ignores case.
        config.detect.pattern.push(Pattern::new(format!("dynamic.{index}"), format!("(?i){pattern}")));
    }
}

fn limits(config: &mut Config, document: &RuleDocument, warnings: &mut Vec<String>) {
    if let Some(limit) = document.global_rate_limit.filter(|limit| *limit != 0) {
        let window = config.rate.limit.map_or(MINUTE, |rate| rate.quota().window());
        let window = document.global_rate_window.map_or(Ok(window), seconds);
        match window.and_then(|window| rate(limit, window)) {
            Ok(rate) => config.rate.limit = Some(rate),
            Err(problem) => warnings.push(format!("`global_rate_limit`: {problem}")),
        }
    }
    let mut endpoints = Vec::new();
    for (path, (limit, window)) in &document.endpoint_rate_limits {
        let limit = match seconds(*window).and_then(|window| rate(*limit, window)) {
            Ok(limit) => configured_path(path).map(|_| limit),
            Err(problem) => Err(problem),
        };
        match limit {
            Ok(limit) => endpoints.push(EndpointRate::new(path, limit)),
            Err(problem) => warnings.push(format!("`endpoint_rate_limits`: `{path}`: {problem}")),
        }
    }
    replace(&mut config.rate.endpoint, endpoints);
}

fn seconds(window: i64) -> Result<Duration, String> {
    let window = u64::try_from(window).ok().map(Duration::from_secs);
    let window = window.filter(|window| !window.is_zero() && *window <= Quota::MAX_WINDOW);
    window.ok_or_else(|| "needs a window of 1 to 2678400 seconds".into())
}

fn rate(limit: i64, window: Duration) -> Result<Rate, String> {
    let limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
    limit
        .map(|limit| Rate::per(limit, window))
        .ok_or_else(|| "0 or less would reject every request; write 1 or more".into())
}

fn switches(config: &mut Config, document: &RuleDocument, warnings: &mut Vec<String>) {
    let switches = [
        (&mut config.detect.enabled, document.enable_penetration_detection),
        (&mut config.ban.enabled, document.enable_ip_banning),
        (&mut config.rate.enabled, document.enable_rate_limiting),
        (&mut config.rate.strikes, document.enable_rate_limit_auto_ban),
    ];
    for (field, value) in switches {
        *field = value.unwrap_or(*field);
    }
    if let Some(threshold) = document.auto_ban_threshold {
        config.ban.threshold = u32::try_from(threshold).unwrap_or(u32::MAX);
    }
    if let Some(duration) = document.auto_ban_duration {
        match term(duration) {
            Some(term) => config.ban.duration = HumanDuration(term),
            None => warnings.push(format!(
                "`auto_ban_duration`: {duration} is out of range; write 1 to 31622400 seconds"
            )),
        }
    }
}

/// The duration of a ban.
pub(super) fn term(seconds: i64) -> Option<Duration> {
    let seconds = u64::try_from(seconds).ok()?;
    (1..=366 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// Remove contradictions that `compile` would reject, so that an unrelated rule does not delay a ban or the emergency mode.
fn reconcile(config: &mut Config, warnings: &mut Vec<String>) {
    let access = &mut config.access;
    let allowed = &access.allow_countries;
    access.deny_countries.retain(|country| {
        let kept = allowed.is_empty() || allowed.contains(country);
        if !kept {
            warnings.push(format!(
                "`{country}` is already denied, because `access.allow_countries` does not contain it"
            ));
        }
        kept
    });
    if config.rate.strikes && !config.ban.enabled {
        config.rate.strikes = false;
        warnings.push("`rate.strikes` has no effect, because `ban.enabled` is false".into());
    }
    let classes = config.ban.class.len();
    config.ban.class.retain(|class| config.rate.strikes || class.class != Some(StrikeReason::RateLimit));
    if config.ban.class.len() < classes {
        warnings.push("the `rate_limit` threshold has no effect, because `rate.strikes` is false".into());
    }
}

/// The networks of a list.
pub(super) fn networks(texts: &[String], name: &str, warnings: &mut Vec<String>) -> Vec<Cidr> {
    parsed(texts, name, warnings)
}
