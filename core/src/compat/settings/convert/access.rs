//! Client identification and access.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::conversion::Conversion;
use crate::config::{CloudRule, ConfigErrors, Country};
use crate::rules::excluded::ExcludedPaths;

/// The providers with known address ranges.
pub(crate) const PROVIDERS: [&str; 6] = ["AWS", "GCP", "Azure", "DigitalOcean", "Linode", "Vultr"];

pub(in crate::compat::settings) fn proxies(c: &mut Conversion<'_>) {
    c.config.client.trusted_proxies = c.parsed();
}

pub(in crate::compat::settings) fn proxy_depth(c: &mut Conversion<'_>) {
    let depth = c.number();
    if !c.config.client.trusted_proxies.is_empty() {
        c.config.client.proxy_depth = depth;
    } else if depth != 1 {
        c.no_effect("no proxy is trusted");
    }
}

pub(in crate::compat::settings) fn proto(c: &mut Conversion<'_>) {
    if c.config.client.trusted_proxies.is_empty() && c.on() {
        c.no_effect("no proxy is trusted");
    } else {
        c.config.client.trust_proto = c.on();
    }
}

pub(in crate::compat::settings) fn allow(c: &mut Conversion<'_>) {
    c.config.access.allow = c.parsed();
}

pub(in crate::compat::settings) fn deny(c: &mut Conversion<'_>) {
    let deny = c.parsed();
    if c.config.access.allow.is_empty() {
        c.config.access.deny = deny;
    } else if !deny.is_empty() {
        c.no_effect("not consulted while `whitelist` is not empty, there and here");
    }
}

pub(in crate::compat::settings) fn exempt(c: &mut Conversion<'_>) {
    let exempt = c.parsed();
    if c.config.access.allow.is_empty() {
        c.config.access.exempt = exempt;
    } else if !exempt.is_empty() {
        c.no_effect("clients in `whitelist` are exempt, and all others are rejected");
    }
}

pub(in crate::compat::settings) fn emergency(c: &mut Conversion<'_>) {
    c.config.emergency.enabled = c.on();
}

pub(in crate::compat::settings) fn emergency_allow(c: &mut Conversion<'_>) {
    c.config.emergency.allow = c.parsed();
}

pub(in crate::compat::settings) fn exclude_paths(c: &mut Conversion<'_>) {
    for path in c.own_texts() {
        let mut errors = ConfigErrors::default();
        ExcludedPaths::compile(core::slice::from_ref(&path), &mut errors);
        match errors.into_result(()) {
            Ok(()) => c.config.exclude_paths.push(path),
            Err(_) => c.approximate(format!(
                "`{path}` is dropped: a path here starts with `/` and has no escapes, dots or empty segments"
            )),
        }
    }
}

fn countries(c: &mut Conversion<'_>) -> Vec<Country> {
    let countries: Vec<Country> = c.parsed();
    if !countries.is_empty() {
        c.approximate("the guard requires facts about countries: see `GuardBuilder::facts`");
    }
    countries
}

pub(in crate::compat::settings) fn deny_countries(c: &mut Conversion<'_>) {
    let denied = countries(c);
    if c.texts("whitelist_countries").is_empty() {
        c.config.access.deny_countries = denied;
    } else if !denied.is_empty() {
        c.no_effect("not consulted while `whitelist_countries` is not empty, there and here");
    }
}

pub(in crate::compat::settings) fn allow_countries(c: &mut Conversion<'_>) {
    c.config.access.allow_countries = countries(c);
}

pub(in crate::compat::settings) fn clouds(c: &mut Conversion<'_>) {
    let mut clouds: Vec<CloudRule> = c.parsed();
    for cloud in &clouds {
        if !PROVIDERS.contains(&cloud.provider.as_str()) {
            let known = PROVIDERS.join("`, `");
            c.error(format!("`{}` is not one of `{known}`", cloud.provider));
        }
    }
    if !clouds.is_empty() {
        c.approximate("the guard requires facts about clouds: see `GuardBuilder::facts`");
    }
    if let Some(provider) = carve_regions(&mut clouds).first() {
        c.approximate(format!("{}; the guard requires facts about clouds", carved_message(provider)));
    }
    c.config.access.deny_clouds = clouds;
}

/// Drop rules for a whole provider if another rule excepts one of its regions, which the family allows. Returns the
/// dropped providers.
pub(crate) fn carve_regions(clouds: &mut Vec<CloudRule>) -> Vec<String> {
    let is_carved = |cloud: &CloudRule| {
        let same = |other: &CloudRule| other.provider == cloud.provider && other.except.is_some();
        cloud.except.is_none() && clouds.iter().any(same)
    };
    let dropped: Vec<String> =
        clouds.iter().filter(|cloud| is_carved(cloud)).map(|cloud| cloud.provider.clone()).collect();
    clouds.retain(|cloud| cloud.except.is_some() || !dropped.contains(&cloud.provider));
    dropped
}

/// The message about a provider that [`carve_regions`] dropped.
pub(crate) fn carved_message(provider: &str) -> String {
    format!("`{provider}` has no effect while other entries except its regions")
}

pub(in crate::compat::settings) fn user_agents(c: &mut Conversion<'_>) {
    c.config.access.deny_user_agents = c.own_texts();
}
