//! The compiled rules: plain data with lookups, one file for each subject.
//!
//! `compile` builds them from a configuration, and checks apply them to requests. Rules depend on neither requests nor the
//! engine, and their functions do not fail.

pub(crate) mod access;
pub(crate) mod auth;
pub(crate) mod ban;
pub(crate) mod behaviour;
pub(crate) mod body;
pub(crate) mod body_patterns;
pub(crate) mod cors;
pub(crate) mod detect;
pub(crate) mod errors;
pub(crate) mod excluded;
pub(crate) mod headers;
pub(crate) mod hours;
pub(crate) mod json_path;
pub(crate) mod network;
pub(crate) mod provenance;
pub(crate) mod proxies;
pub(crate) mod rate;
pub(crate) mod referrer;
pub(crate) mod security_headers;
pub(crate) mod site;
pub(crate) mod skips;
pub(crate) mod status;
pub(crate) mod trap;
pub(crate) mod user_agent;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use access::Lists;
use auth::Authentication;
use ban::BanRules;
use behaviour::RuleSet;
use body::{BodyRules, MediaRanges};
use cors::Cors;
use detect::DetectRules;
use errors::ErrorBodies;
use excluded::ExcludedPaths;
use headers::HeaderRequirements;
use hours::Hours;
use network::NetworkRules;
use proxies::Proxies;
use rate::{CountryRates, Limits, Tier, TierRef};
use referrer::Referrers;
use security_headers::SecurityHeaders;
use site::SiteRules;
use skips::SkipSet;
use trap::Traps;
use user_agent::UserAgents;

use crate::checks::{Check, CheckSet};
use crate::config::policy::RoutePolicy;
use crate::config::{Config, OnUnknownClient};
use crate::detect::{ClassSet, Exclusions};
use crate::event::KindSet;
use crate::net::IpSet;

/// The compiled configuration.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) config: Config,
    /// What a request without a policy skips.
    pub(crate) skips: SkipSet,
    /// The rules of a guard inside another, without the global checks, which the outer one performs. `None` in these rules.
    pub(crate) nested: Option<Box<Rules>>,
    pub(crate) passive: bool,
    /// Checks in report-only mode.
    pub(crate) shadow: CheckSet,
    pub(crate) events: KindSet,
    pub(crate) proxies: Proxies,
    pub(crate) ipv6_prefix: u8,
    pub(crate) on_unknown: OnUnknownClient,
    pub(crate) emergency: IpSet,
    pub(crate) lists: Lists,
    pub(crate) network: NetworkRules,
    pub(crate) site: SiteRules,
    pub(crate) agents: UserAgents,
    pub(crate) traps: Traps,
    pub(crate) excluded: ExcludedPaths,
    pub(crate) limits: Limits,
    pub(crate) behaviour: RuleSet,
    pub(crate) ban: BanRules,
    pub(crate) detect: Arc<DetectRules>,
    pub(crate) body: BodyRules,
    pub(crate) headers: SecurityHeaders,
    pub(crate) cors: Option<Cors>,
    pub(crate) errors: ErrorBodies,
}

/// A compiled route policy.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    /// Hash of the name, as in the handles of the policy.
    pub(crate) tag: u32,
    /// What its requests skip: the bypassed checks, and the features that are not configured.
    pub(crate) skips: SkipSet,
    /// What its requests skip in a guard inside another.
    pub(crate) nested_skips: SkipSet,
    /// Whether it has a verifier or hook.
    pub(crate) needs_application: bool,
    pub(crate) source: RoutePolicy,
    pub(crate) lists: Lists,
    pub(crate) network: NetworkRules,
    pub(crate) agents: UserAgents,
    pub(crate) rates: Vec<Tier>,
    pub(crate) behaviour: RuleSet,
    pub(crate) auth: Option<Authentication>,
    pub(crate) headers: HeaderRequirements,
    pub(crate) referrers: Referrers,
    pub(crate) media: MediaRanges,
    pub(crate) country_rates: CountryRates,
    pub(crate) hours: Hours,
    pub(crate) classes: Option<ClassSet>,
    pub(crate) exclusions: Exclusions,
}

impl Rules {
    /// The rules for a request that an outer guard admitted, or for one without.
    pub(crate) fn within(&self, is_nested: bool) -> &Self {
        self.nested.as_deref().filter(|_| is_nested).unwrap_or(self)
    }

    /// The limit of this name, for a request under `policy`.
    pub(crate) fn tier<'r>(&'r self, name: TierRef, policy: Option<&'r Policy>) -> Option<&'r Tier> {
        match name {
            TierRef::Global => self.limits.global.as_ref(),
            TierRef::Preflight => self.limits.preflight.as_ref(),
            TierRef::Endpoint(index) => {
                self.limits.endpoints.get(usize::from(index)).map(|endpoint| &endpoint.tier)
            }
            TierRef::Route(index) => policy?.rates.get(usize::from(index)),
            TierRef::Country(index) => policy?.country_rates.get(index),
        }
    }

    /// Whether `check` is report-only: passive mode, or the check is in shadow.
    pub(crate) fn is_report_only(&self, check: Check) -> bool {
        self.passive || self.shadow.has(check)
    }
}

/// The hash of a policy's name by which a handle of another guard is detected.
pub(crate) fn name_tag(name: &str) -> u32 {
    // FNV-1a: names come from the operator, so collisions need no defence.
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
