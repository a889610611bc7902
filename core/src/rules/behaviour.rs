//! Behaviour rules, compiled: counters with a threshold and a consequence.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::body_patterns::BodyPatterns;
use super::status::StatusSet;
use crate::config::{BehaviourAction, BehaviourKind};
use crate::state::Quota;

/// The rules of the configuration, or those of a policy, compiled.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    pub(crate) rules: Vec<Rule>,
    /// The throttles that its rules can apply.
    pub(crate) throttles: Vec<Throttle>,
    /// Whether a rule depends on the client's strikes for attacks.
    pub(crate) correlates: bool,
    /// All statuses that a rule counts: most responses have a status that is not in this set.
    pub(crate) statuses: StatusSet,
    pub(crate) bodies: Option<BodyPatterns>,
}

/// Where a rule is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleScope {
    Global,
    Route,
}

/// The counter that marks clients as throttled, for one throttle duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) rule: u64,
    pub(crate) term: Duration,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) rule: u64,
    pub(crate) kind: BehaviourKind,
    pub(crate) trigger: Trigger,
    /// As written, for events; empty for a rule about requests.
    pub(crate) pattern: String,
    pub(crate) threshold: u32,
    /// One more than the threshold: the first excess.
    pub(crate) quota: Quota,
    /// The quota for clients with strikes for attacks, if the rule correlates.
    pub(crate) halved: Option<Quota>,
    pub(crate) action: BehaviourAction,
    /// The duration of the action.
    pub(crate) term: Duration,
    pub(crate) throttle: Throttle,
}

/// The requests or responses that a rule counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    Requests,
    Statuses(StatusSet),
    /// Bodies that [`BodyPatterns`] matches.
    Bodies,
}

impl Rule {
    /// Whether requests are counted, not responses.
    pub(crate) fn counts_requests(&self) -> bool {
        matches!(self.trigger, Trigger::Requests)
    }
}
