//! The ops of one request: they all go into one batch, whose size is limited.
//!
//! A configuration or policy that requires more ops is rejected here, with the fields that require them, so that no rule is
//! left out at run time.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::limits::PolicyPath;
use crate::config::ConfigErrors;
use crate::rules::behaviour::RuleSet;
use crate::rules::rate::{Endpoint, Tier};
use crate::rules::{Policy, Rules};
use crate::state::MAX_OPS;
use crate::verdict::MAX_OUTCOMES;

/// Check that the ops of a request under the configuration alone fit.
pub(super) fn of_configuration(rules: &Rules, errors: &mut ConfigErrors) {
    let global = &rules.behaviour;
    let paths = endpoints(rules).map(<[Endpoint]>::len).max().unwrap_or_default();
    let behaves = about_requests(global) + global.throttles.len() > paths;
    check(rules, None, if behaves { "behaviour.rule" } else { "rate.endpoint" }, errors);
}

/// Check that the ops of a request under a policy fit.
pub(super) fn of_policy(
    rules: &Rules,
    policy: &Policy,
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) {
    check(rules, Some(policy), &field_path.of(""), errors);
}

fn check(rules: &Rules, policy: Option<&Policy>, field_path: &str, errors: &mut ConfigErrors) {
    let field_path =
        if field_path.is_empty() { "rate" } else { field_path.trim_end_matches([':', '.', ' ']) };
    let none = (RuleSet::default(), Vec::new());
    let (behaviour, rates) = policy.map_or((&none.0, &none.1), |policy| (&policy.behaviour, &policy.rates));
    let endpoints = endpoints(rules).map(<[Endpoint]>::len).max().unwrap_or_default();
    let global = &rules.behaviour;
    let needs = [
        (1, "the ban"),
        (usize::from(rules.limits.global.is_some()), "`rate.limit`"),
        (endpoints, "`rate.endpoint` on one path"),
        (rates.len(), "`rate` of the route"),
        (policy.is_some_and(|policy| !policy.country_rates.is_empty()).into(), "`country_rate`"),
        (global.throttles.len(), "lengths of throttling in `behaviour`"),
        (behaviour.throttles.len(), "lengths of throttling of the route"),
        (usize::from(global.correlates || behaviour.correlates), "`correlate`"),
        (about_requests(global), "`usage` and `frequency` rules in `behaviour.rule`"),
        (about_requests(behaviour), "`usage` and `frequency` rules of the route"),
    ];
    let sum: usize = needs.iter().map(|(count, _)| count).sum();
    // An excess of the configuration alone is reported once, not for each policy.
    let adds = |policy: &Policy| rates.len() + behaviour.rules.len() > 0 || !policy.country_rates.is_empty();
    if sum > MAX_OPS && policy.is_none_or(adds) {
        let named = needs.iter().filter(|(count, _)| *count > 0);
        let named: Vec<String> = named.map(|(count, what)| format!("{count} for {what}")).collect();
        errors.push(
            field_path,
            format!("needs {sum} lookups a request, {}; at most {MAX_OPS}", named.join(", ")),
        );
    }
    let by_outcome =
        |tiers: &mut dyn Iterator<Item = &Tier>| tiers.filter(|tier| tier.outcomes.is_some()).count();
    let of_path = endpoints_by_outcome(rules, by_outcome);
    let outcomes = of_path + by_outcome(&mut rates.iter());
    if outcomes > MAX_OUTCOMES && (policy.is_none() || !rates.is_empty()) {
        errors.push(
            field_path,
            format!("has {outcomes} limits with `outcomes` for one request; at most {MAX_OUTCOMES}"),
        );
    }
}

fn endpoints(rules: &Rules) -> impl Iterator<Item = &[Endpoint]> {
    rules.limits.endpoints.chunk_by(|a, b| a.path == b.path)
}

fn endpoints_by_outcome(rules: &Rules, count: impl Fn(&mut dyn Iterator<Item = &Tier>) -> usize) -> usize {
    let paths = endpoints(rules).map(|path| count(&mut path.iter().map(|endpoint| &endpoint.tier)));
    paths.max().unwrap_or_default()
}

fn about_requests(set: &RuleSet) -> usize {
    set.rules.iter().filter(|rule| rule.counts_requests()).count()
}
