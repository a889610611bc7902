//! Reads a configuration, and describes what it switches on.

use std::fmt;
use std::fs;
use std::path::Path;

use portcullis_core::config::{Access, ConfigErrors, RateKey, RateLimits, StrikeReason};
use portcullis_core::{Config, Engine};

/// The name of a configuration in messages.
pub(crate) fn name(path: Option<&Path>) -> String {
    path.map_or_else(|| "the default configuration".into(), |path| path.display().to_string())
}

/// The engine of the configuration in `path`, or of the default one. The error has a line for every problem.
pub(crate) fn engine(path: Option<&Path>) -> Result<Engine, String> {
    let config = match path {
        None => Config::default(),
        Some(path) => read(path)?,
    };
    config.compile().map_err(|errors| problems(path, &errors))
}

fn read(path: &Path) -> Result<Config, String> {
    let parse = match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) if extension.eq_ignore_ascii_case("toml") => Config::from_toml,
        Some(extension) if extension.eq_ignore_ascii_case("json") => Config::from_json,
        _ => {
            return Err(format!(
                "{}: name a configuration `.toml` or `.json`, by its format",
                path.display()
            ));
        }
    };
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|errors| problems(Some(path), &errors))
}

fn problems(path: Option<&Path>, errors: &ConfigErrors) -> String {
    let name = name(path);
    let lines: Vec<String> = errors.iter().map(|error| format!("{name}: {error}")).collect();
    lines.join("\n")
}

/// What a configuration switches on, in a few lines.
pub(crate) struct Overview<'c>(pub(crate) &'c Config);

impl fmt::Display for Overview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(config) = self;
        let mut row = |name: &str, what: String| writeln!(f, "  {name:<10} {what}");
        row("mode", if config.passive { "passive: reports only" } else { "blocking" }.into())?;
        row("detection", detection(config))?;
        row("limits", limits(&config.rate))?;
        row("bans", bans(config))?;
        row("access", access(&config.access))?;
        row("proxies", proxies(config))?;
        row("bodies", bodies(config))?;
        row("headers", if config.headers.enabled { "set on every response" } else { "off" }.into())
    }
}

fn detection(config: &Config) -> String {
    let detect = &config.detect;
    if !detect.enabled || detect.classes.is_empty() {
        return "off".into();
    }
    let names: Vec<_> = detect.classes.iter().map(|class| class.name()).collect();
    format!("{}; {} exclusions", names.join(", "), detect.exclude.len())
}

fn limits(rate: &RateLimits) -> String {
    if !rate.enabled {
        return "off".into();
    }
    let global = match rate.limit {
        Some(limit) => format!("{limit} by {} over all paths", key(&rate.key)),
        None => "none over all paths".into(),
    };
    let paths = rate
        .endpoint
        .iter()
        .map(|endpoint| format!("; {} on `{}` by {}", endpoint.limit, endpoint.path, key(&endpoint.key)));
    std::iter::once(global).chain(paths).collect()
}

fn key(parts: &[RateKey]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

fn bans(config: &Config) -> String {
    let ban = &config.ban;
    if !ban.enabled {
        return "off, but bans in force apply".into();
    }
    let mut text = format!("for {} after {} attacks in {}", ban.duration, ban.threshold, ban.window);
    for class in &ban.class {
        let name = class.class.map_or("no class", StrikeReason::name);
        text.push_str(&format!("; for {} after {} of {name}", class.duration, class.threshold));
    }
    text
}

fn access(access: &Access) -> String {
    if access.allow.is_empty() && access.deny.is_empty() && access.exempt.is_empty() {
        return "everybody".into();
    }
    let (allow, deny, exempt) = (access.allow.len(), access.deny.len(), access.exempt.len());
    format!("{allow} networks allowed, {deny} denied, {exempt} exempt from limits")
}

fn proxies(config: &Config) -> String {
    let client = &config.client;
    if client.trusted_proxies.is_empty() {
        return "none trusted: the peer is the client".into();
    }
    let trusted: Vec<_> = client.trusted_proxies.iter().map(ToString::to_string).collect();
    format!("`{}` of {} is trusted", client.header, trusted.join(", "))
}

fn bodies(config: &Config) -> String {
    if config.body.inspect {
        format!("read up to {} in {}", config.body.limit, config.body.timeout)
    } else {
        "pass unread".into()
    }
}
