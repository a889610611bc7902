//! Rules over many requests of one client: how often it asks, and what it is answered.
//!
//! `usage` and `frequency` rules are strikes in the batch that every request begins with: counting and what follows from
//! it are one step. Return patterns are strikes after the handler, decided by the status and, where `inspect_responses`
//! says so, by the first bytes of the body. Every rule has a counter of its own: a client network under the rule, over all
//! paths for a rule of the configuration, over the routes of its policy for a rule of a policy. A throttled client stands
//! under a hold that the batch looks at: one look for each length of throttling, however many rules there are.
//!
//! What this never does: delay a response, see more of it than its prefix, or act on clients that are exempt from limits.

mod arrival;
mod json;
mod observe;
pub(crate) mod response;
#[cfg(test)]
mod tests;
mod violation;

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub(crate) use arrival::{add_ops, apply_throttle, judge_usage};
pub use observe::{DeferredContext, ResponseEffects, ResponseInfo};

use crate::config::{BehaviourAction, BehaviourKind, StatusPattern};
use crate::engine::Rules;
use crate::state::{Consequence, Key, Quota, Reply, Scope, Subject};
use crate::time::Timestamp;
use crate::verdict::Check;
use response::Bodies;

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

/// What followed from going beyond a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionOutcome {
    /// Nothing was to follow, or nothing could.
    Nothing,
    Ban(Timestamp),
    Throttle(Timestamp),
    /// The store has no room for another ban.
    Refusal,
}

impl Rule {
    /// Whether requests are counted, not responses.
    pub(crate) fn counts_requests(&self) -> bool {
        matches!(self.what, Trigger::Requests)
    }

    fn key(&self, subject: Subject) -> Key {
        Key { scope: Scope::Behaviour, rule: self.rule, subject }
    }

    /// What is to follow for `subject`. Nothing where the check only reports, and no ban where nobody may be banned.
    fn consequence(&self, rules: &Rules, subject: Subject) -> Consequence {
        if rules.passive || rules.shadow.has(Check::Behaviour) {
            return Consequence::None;
        }
        match (self.action, subject) {
            (BehaviourAction::Ban, Subject::Client(client))
                if rules.ban.enabled && rules.ban.may_ban(client.network()) =>
            {
                Consequence::Ban(client.network(), self.term)
            }
            (BehaviourAction::Throttle, _) => Consequence::Throttle(self.hold.key(subject), self.term),
            _ => Consequence::None,
        }
    }

    /// What followed, if `reply` says that the client went beyond `quota`.
    fn followed(&self, reply: Reply, quota: Quota) -> Option<ActionOutcome> {
        match reply {
            Reply::Banned(until) => Some(ActionOutcome::Ban(until)),
            Reply::Throttled(until) => Some(ActionOutcome::Throttle(until)),
            Reply::BanRefused => Some(ActionOutcome::Refusal),
            Reply::Count(count) => (count.used >= quota.limit()).then_some(ActionOutcome::Nothing),
            Reply::Clear => None,
        }
    }
}

impl Throttle {
    fn key(self, subject: Subject) -> Key {
        Key { scope: Scope::Throttle, rule: self.rule, subject }
    }
}

/// A set of status codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatusSet([u64; StatusSet::WORDS]);

impl StatusSet {
    const WORDS: usize = 8;
    /// The first code of the set.
    const BASE: u16 = 100;

    pub(crate) fn has(&self, status: u16) -> bool {
        let bit = usize::from(status.wrapping_sub(Self::BASE));
        self.0.get(bit / 64).is_some_and(|word| word & 1 << (bit % 64) != 0)
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }
}

impl FromIterator<StatusPattern> for StatusSet {
    fn from_iter<I: IntoIterator<Item = StatusPattern>>(statuses: I) -> Self {
        let mut set = Self::default();
        for statuses in statuses {
            for bit in (0..64 * Self::WORDS).filter(|bit| statuses.has(*bit as u16 + Self::BASE)) {
                set.0[bit / 64] |= 1 << (bit % 64);
            }
        }
        set
    }
}
