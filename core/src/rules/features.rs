//! The optional features that a configuration and a policy use.
//!
//! A stage of the order that serves one feature is skipped for requests that cannot need it. `compile` computes the set once,
//! so that a feature that is not configured costs a request no call.

use super::skips::SkipSet;
use super::{Policy, Rules};

/// A feature that is off unless it is configured, and that one stage of the order serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    ExcludedPaths,
    EmergencyMode,
    AddressLists,
    Countries,
    NamedLists,
    Clouds,
    Hosts,
    UserAgents,
    Traps,
    Behaviour,
    Limits,
    Https,
    RequiredHeaders,
    Credential,
    Referrers,
    HooksBefore,
    Hours,
    Cors,
    HooksAfter,
}

impl Feature {
    /// Every feature.
    pub(crate) const ALL: [Self; 19] = [
        Self::ExcludedPaths,
        Self::EmergencyMode,
        Self::AddressLists,
        Self::Countries,
        Self::NamedLists,
        Self::Clouds,
        Self::Hosts,
        Self::UserAgents,
        Self::Traps,
        Self::Behaviour,
        Self::Limits,
        Self::Https,
        Self::RequiredHeaders,
        Self::Credential,
        Self::Referrers,
        Self::HooksBefore,
        Self::Hours,
        Self::Cors,
        Self::HooksAfter,
    ];

    /// Whether the configuration, or the policy of the route, uses it.
    fn is_used(self, rules: &Rules, policy: Option<&Policy>) -> bool {
        let hooks = &rules.config.hooks;
        let of_route = |uses: fn(&Policy) -> bool| policy.is_some_and(uses);
        match self {
            Self::ExcludedPaths => !rules.excluded.0.is_empty(),
            Self::EmergencyMode => rules.config.emergency.enabled,
            Self::AddressLists => !rules.lists.is_empty() || of_route(|policy| !policy.lists.is_empty()),
            Self::Countries => {
                rules.network.about_countries() || of_route(|policy| policy.network.about_countries())
            }
            Self::NamedLists => {
                !rules.network.lists.is_empty() || of_route(|policy| !policy.network.lists.is_empty())
            }
            Self::Clouds => {
                !rules.network.clouds.is_empty() || of_route(|policy| !policy.network.clouds.is_empty())
            }
            Self::Hosts => !rules.site.hosts.is_empty(),
            Self::UserAgents => rules.agents.0.is_some() || of_route(|policy| policy.agents.0.is_some()),
            Self::Traps => !rules.traps.paths.is_empty(),
            Self::Behaviour => {
                !rules.behaviour.rules.is_empty() || of_route(|policy| !policy.behaviour.rules.is_empty())
            }
            Self::Limits => {
                rules.limits.global.is_some()
                    || !rules.limits.endpoints.is_empty()
                    || of_route(|policy| !policy.rates.is_empty() || !policy.country_rates.is_empty())
            }
            Self::Https => rules.site.https || of_route(|policy| policy.source.https),
            Self::RequiredHeaders => of_route(|policy| !policy.headers.0.is_empty()),
            Self::Credential => of_route(|policy| policy.auth.is_some()),
            Self::Referrers => of_route(|policy| !policy.referrers.0.is_empty()),
            Self::HooksBefore => {
                !hooks.before.is_empty() || of_route(|policy| !policy.source.validators.is_empty())
            }
            Self::Hours => of_route(|policy| !policy.hours.0.is_empty()),
            Self::Cors => rules.cors.is_some(),
            Self::HooksAfter => !hooks.after.is_empty() || of_route(|policy| !policy.source.hooks.is_empty()),
        }
    }
}

impl SkipSet {
    /// The features that neither the configuration nor the policy uses, as reasons to skip their stages.
    pub(crate) fn unused(rules: &Rules, policy: Option<&Policy>) -> Self {
        let unused = Feature::ALL.into_iter().filter(|feature| !feature.is_used(rules, policy));
        unused.fold(Self::NONE, |set, feature| set.with(Self::without(feature)))
    }
}
