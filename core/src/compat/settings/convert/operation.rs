//! Passive mode, failures, logs and events.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::conversion::Conversion;
use crate::checks::Check;
use crate::config::values::Choice;
use crate::config::{LogLevel, Metric, OnFailure, OnUnknownClient};

/// Metrics of the family without an equivalent.
const UNSUPPORTED_METRICS: [&str; 4] = ["bandwidth_usage", "threat_level", "block_rate", "cache_hit_rate"];
/// Checks of the family without an equivalent.
const UNSUPPORTED_CHECKS: [&str; 2] = ["request_logging", "cloud_ip_refresh"];

pub(in crate::compat::settings) fn passive(c: &mut Conversion<'_>) {
    c.config.passive = c.on();
}

pub(in crate::compat::settings) fn fail_secure(c: &mut Conversion<'_>) {
    if !c.on() {
        c.config.hooks.on_failure = OnFailure::Allow;
        c.config.client.on_unknown = OnUnknownClient::Allow;
    }
    c.approximate(
        "applies to verifiers, hooks and clients without an address; the engine's own checks do not fail",
    );
}

pub(in crate::compat::settings) fn strict_routes(c: &mut Conversion<'_>) {
    c.config.strict_routes = c.on();
}

fn level(c: &mut Conversion<'_>) -> LogLevel {
    match c.own_text() {
        None => LogLevel::Off,
        Some("DEBUG") => LogLevel::Debug,
        Some("INFO") => LogLevel::Info,
        Some("WARNING") => LogLevel::Warn,
        Some("CRITICAL") => {
            c.approximate("`error` is the highest level");
            LogLevel::Error
        }
        Some(_) => LogLevel::Error,
    }
}

pub(in crate::compat::settings) fn log_rejections(c: &mut Conversion<'_>) {
    c.config.log.rejections = level(c);
}

pub(in crate::compat::settings) fn log_requests(c: &mut Conversion<'_>) {
    c.config.log.requests = level(c);
}

pub(in crate::compat::settings) fn muted_checks(c: &mut Conversion<'_>) {
    let mut unsupported = Vec::new();
    for (index, name) in c.own_texts().into_iter().enumerate() {
        if UNSUPPORTED_CHECKS.contains(&name.as_str()) {
            unsupported.push(name);
        } else if let Some(check) = Check::named(&name) {
            c.config.log.muted_checks.push(check);
        } else {
            c.error_at(format!("[{index}]"), format!("`{name}` is not a check"));
        }
    }
    if !unsupported.is_empty() {
        c.approximate(format!("`{}` is not a check here and is never logged", unsupported.join("`, `")));
    }
}

pub(in crate::compat::settings) fn events(c: &mut Conversion<'_>) {
    c.config.events.enabled = c.on();
}

pub(in crate::compat::settings) fn metrics(c: &mut Conversion<'_>) {
    c.config.events.metrics = c.on();
}

pub(in crate::compat::settings) fn muted_events(c: &mut Conversion<'_>) {
    c.config.events.muted = c.parsed();
}

pub(in crate::compat::settings) fn muted_metrics(c: &mut Conversion<'_>) {
    let mut others = Vec::new();
    for name in c.own_texts() {
        match Metric::OPTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, metric)) => c.config.events.muted_metrics.push(*metric),
            None => others.push(name),
        }
    }
    let unknown = others.iter().find(|name| !UNSUPPORTED_METRICS.contains(&name.as_str()));
    if let Some(unknown) = unknown {
        c.error(format!("`{unknown}` is not a metric"));
    } else if !others.is_empty() {
        c.approximate(format!("`{}` is not a metric here", others.join("`, `")));
    }
}

pub(in crate::compat::settings) fn enrich(c: &mut Conversion<'_>) {
    c.config.events.enrich = c.on();
    needs_agent(c);
}

pub(in crate::compat::settings) fn project(c: &mut Conversion<'_>) {
    c.config.events.project = c.own_text().map(String::from);
}

pub(in crate::compat::settings) fn service(c: &mut Conversion<'_>) {
    c.config.events.service = c.own_text().unwrap_or_default().into();
}

pub(in crate::compat::settings) fn agent(c: &mut Conversion<'_>) {
    let key = c.node("agent_api_key");
    if c.on() && super::super::conversion::text(key).is_none_or(str::is_empty) {
        c.error("needs `agent_api_key`");
    }
}

pub(in crate::compat::settings) fn dynamic_rules(c: &mut Conversion<'_>) {
    needs_agent(c);
}

fn needs_agent(c: &mut Conversion<'_>) {
    if c.on() && !c.bool("enable_agent") {
        c.error("needs `enable_agent`");
    }
}

pub(in crate::compat::settings) fn cache_path(c: &mut Conversion<'_>) {
    if c.own_text().is_some_and(|path| path.trim().is_empty()) {
        c.error("must not be empty");
    }
}
