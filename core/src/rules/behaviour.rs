//! Behaviour rules, compiled: counters with a threshold, and what follows beyond it.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::body_patterns::Bodies;
use super::status::StatusSet;
use crate::config::{BehaviourAction, BehaviourKind};
use crate::state::Quota;

/// The rules of the configuration, or those of a policy, compiled.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    pub(crate) rules: Vec<Rule>,
    /// The holds that its rules can put clients under.
    pub(crate) throttles: Vec<Throttle>,
    /// Whether some rule asks whether the client has points from attacks.
    pub(crate) correlates: bool,
    /// Statuses that some rule counts: most responses have none of them.
    pub(crate) statuses: StatusSet,
    pub(crate) bodies: Option<Bodies>,
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleScope {
    Global,
    Route,
}

/// A counter that says whether a client is held up, for one length of throttling.
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
    pub(crate) what: Trigger,
    /// As written, for events; empty for a rule about requests.
    pub(crate) pattern: String,
    pub(crate) threshold: u32,
    /// One more than the threshold: that is the one too many.
    pub(crate) quota: Quota,
    /// The quota for clients with points from attacks, where the rule correlates.
    pub(crate) halved: Option<Quota>,
    pub(crate) action: BehaviourAction,
    /// How long the action lasts.
    pub(crate) term: Duration,
    pub(crate) hold: Throttle,
}

/// What a rule counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    Requests,
    Statuses(StatusSet),
    /// Bodies that [`Bodies`] finds something in.
    Bodies,
}

impl Rule {
    /// Whether requests are counted, not responses.
    pub(crate) fn counts_requests(&self) -> bool {
        matches!(self.what, Trigger::Requests)
    }
}
