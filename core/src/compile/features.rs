//! The optional features that a configuration and the policy of a route use, from the compiled rules.
//!
//! A stage of the order that only serves such a feature is skipped where nothing uses it, so that a feature that is not
//! configured costs a request no call.

use crate::rules::skips::{Feature, SkipSet};
use crate::rules::{Policy, Rules};

/// The features that neither the configuration nor the policy uses, as reasons to skip their stages.
pub(super) fn unused(rules: &Rules, policy: Option<&Policy>) -> SkipSet {
    let unused = Feature::ALL.into_iter().filter(|feature| !is_used(*feature, rules, policy));
    unused.fold(SkipSet::NONE, |set, feature| set.with(SkipSet::without(feature)))
}

/// Whether the configuration, or the policy of the route, uses a feature.
fn is_used(feature: Feature, rules: &Rules, policy: Option<&Policy>) -> bool {
    let hooks = &rules.config.hooks;
    let of_route = |uses: fn(&Policy) -> bool| policy.is_some_and(uses);
    match feature {
        Feature::ExcludedPaths => !rules.excluded.0.is_empty(),
        Feature::EmergencyMode => rules.config.emergency.enabled,
        Feature::AddressLists => !rules.lists.is_empty() || of_route(|policy| !policy.lists.is_empty()),
        Feature::Countries => {
            rules.network.about_countries() || of_route(|policy| policy.network.about_countries())
        }
        Feature::NamedLists => {
            !rules.network.lists.is_empty() || of_route(|policy| !policy.network.lists.is_empty())
        }
        Feature::Clouds => {
            !rules.network.clouds.is_empty() || of_route(|policy| !policy.network.clouds.is_empty())
        }
        Feature::Hosts => !rules.site.hosts.is_empty(),
        Feature::UserAgents => rules.agents.0.is_some() || of_route(|policy| policy.agents.0.is_some()),
        Feature::Traps => !rules.traps.paths.is_empty(),
        Feature::Behaviour => {
            !rules.behaviour.rules.is_empty() || of_route(|policy| !policy.behaviour.rules.is_empty())
        }
        Feature::Limits => {
            rules.limits.global.is_some()
                || rules.limits.preflight.is_some()
                || !rules.limits.endpoints.is_empty()
                || of_route(|policy| !policy.rates.is_empty() || !policy.country_rates.is_empty())
        }
        Feature::Https => rules.site.https || of_route(|policy| policy.source.https),
        Feature::RequiredHeaders => of_route(|policy| !policy.headers.0.is_empty()),
        Feature::Credential => of_route(|policy| policy.auth.is_some()),
        Feature::Referrers => of_route(|policy| !policy.referrers.0.is_empty()),
        Feature::HooksBefore => {
            !hooks.before.is_empty() || of_route(|policy| !policy.source.validators.is_empty())
        }
        Feature::Hours => of_route(|policy| !policy.hours.0.is_empty()),
        Feature::Cors => rules.cors.is_some(),
        Feature::HooksAfter => !hooks.after.is_empty() || of_route(|policy| !policy.source.hooks.is_empty()),
    }
}
