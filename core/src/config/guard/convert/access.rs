//! Who is asking, and who may.

use alloc::format;
use alloc::vec::Vec;

use super::Conversion;
use crate::config::{CloudRule, Country};

const PROVIDERS: [&str; 6] = ["AWS", "GCP", "Azure", "DigitalOcean", "Linode", "Vultr"];

pub(in crate::config::guard) fn proxies(c: &mut Conversion<'_>) {
    c.config.client.trusted_proxies = c.own_texts();
}

pub(in crate::config::guard) fn proxy_depth(c: &mut Conversion<'_>) {
    let depth = c.number();
    if !c.config.client.trusted_proxies.is_empty() {
        c.config.client.proxy_depth = depth;
    } else if depth != 1 {
        c.no_effect("no proxy is trusted");
    }
}

pub(in crate::config::guard) fn proto(c: &mut Conversion<'_>) {
    if c.config.client.trusted_proxies.is_empty() && c.on() {
        c.no_effect("no proxy is trusted");
    } else {
        c.config.client.trust_proto = c.on();
    }
}

pub(in crate::config::guard) fn allow(c: &mut Conversion<'_>) {
    c.config.access.allow = c.parsed();
}

pub(in crate::config::guard) fn deny(c: &mut Conversion<'_>) {
    let deny = c.parsed();
    if c.config.access.allow.is_empty() {
        c.config.access.deny = deny;
    } else if !deny.is_empty() {
        c.no_effect("not consulted while `whitelist` is not empty, there and here");
    }
}

pub(in crate::config::guard) fn exempt(c: &mut Conversion<'_>) {
    let exempt = c.parsed();
    if c.config.access.allow.is_empty() {
        c.config.access.exempt = exempt;
    } else if !exempt.is_empty() {
        c.no_effect("whoever is in `whitelist` is exempt, and nobody else is let in");
    }
}

pub(in crate::config::guard) fn emergency(c: &mut Conversion<'_>) {
    c.config.emergency.enabled = c.on();
}

pub(in crate::config::guard) fn emergency_allow(c: &mut Conversion<'_>) {
    c.config.emergency.allow = c.parsed();
}

pub(in crate::config::guard) fn exclude_paths(c: &mut Conversion<'_>) {
    c.config.exclude_paths = c.own_texts();
}

fn countries(c: &mut Conversion<'_>) -> Vec<Country> {
    let countries: Vec<Country> = c.parsed();
    if !countries.is_empty() {
        c.approximate("the guard needs facts about countries: see `GuardBuilder::facts`");
    }
    countries
}

pub(in crate::config::guard) fn deny_countries(c: &mut Conversion<'_>) {
    let denied = countries(c);
    if c.texts("whitelist_countries").is_empty() {
        c.config.access.deny_countries = denied;
    } else if !denied.is_empty() {
        c.no_effect("not consulted while `whitelist_countries` is not empty, there and here");
    }
}

pub(in crate::config::guard) fn allow_countries(c: &mut Conversion<'_>) {
    c.config.access.allow_countries = countries(c);
}

pub(in crate::config::guard) fn clouds(c: &mut Conversion<'_>) {
    let clouds: Vec<CloudRule> = c.parsed();
    for cloud in &clouds {
        if !PROVIDERS.contains(&cloud.provider.as_str()) {
            let known = PROVIDERS.join("`, `");
            c.error(format!("`{}` is not one of `{known}`", cloud.provider));
        }
    }
    if !clouds.is_empty() {
        c.approximate("the guard needs facts about clouds: see `GuardBuilder::facts`");
    }
    c.config.access.deny_clouds = clouds;
}

pub(in crate::config::guard) fn user_agents(c: &mut Conversion<'_>) {
    c.config.access.deny_user_agents = c.own_texts();
}
