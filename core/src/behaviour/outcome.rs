//! The consequence when a client exceeds a rule.

use crate::checks::Check;
use crate::config::BehaviourAction;
use crate::rules::Rules;
use crate::rules::behaviour::{Rule, Throttle};
use crate::state::{Consequence, Key, Quota, Reply, Scope, Subject};
use crate::time::Timestamp;

/// The consequence that the store applied to a client that exceeded a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionOutcome {
    /// No consequence: the rule has none, or it was not applicable.
    NoAction,
    Ban(Timestamp),
    Throttle(Timestamp),
    /// The store has no room for another ban.
    BanRejected,
}

impl Rule {
    pub(crate) fn key(&self, subject: Subject) -> Key {
        Key { scope: Scope::Behaviour, rule: self.rule, subject }
    }

    /// The consequence for `subject`: no consequence in report-only mode, no ban if bans are off or the client is protected.
    pub(crate) fn consequence(&self, rules: &Rules, subject: Subject) -> Consequence {
        if rules.passive || rules.shadow.has(Check::Behaviour) {
            return Consequence::None;
        }
        match (self.action, subject) {
            (BehaviourAction::Ban, Subject::Client(client))
                if rules.ban.enabled && rules.ban.may_ban(client.network()) =>
            {
                Consequence::Ban(client.network(), self.term)
            }
            (BehaviourAction::Throttle, _) => Consequence::Throttle(self.throttle.key(subject), self.term),
            _ => Consequence::None,
        }
    }

    /// The outcome, if by `reply` the client exceeded `quota`.
    pub(crate) fn outcome(&self, reply: Reply, quota: Quota) -> Option<ActionOutcome> {
        match reply {
            Reply::Banned(until) => Some(ActionOutcome::Ban(until)),
            Reply::Throttled(until) => Some(ActionOutcome::Throttle(until)),
            Reply::BanRejected => Some(ActionOutcome::BanRejected),
            Reply::Count(count) => (count.used >= quota.limit()).then_some(ActionOutcome::NoAction),
            Reply::Clear => None,
        }
    }
}

impl Throttle {
    pub(crate) fn key(self, subject: Subject) -> Key {
        Key { scope: Scope::Throttle, rule: self.rule, subject }
    }
}
