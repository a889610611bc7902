//! What follows when a client goes beyond a rule.

use crate::checks::Check;
use crate::config::BehaviourAction;
use crate::rules::Rules;
use crate::rules::behaviour::{Rule, Throttle};
use crate::state::{Consequence, Key, Quota, Reply, Scope, Subject};
use crate::time::Timestamp;

/// What followed from going beyond a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionOutcome {
    /// Nothing was to follow, or nothing could.
    Nothing,
    Ban(Timestamp),
    Throttle(Timestamp),
    /// The store has no room for another ban.
    Refusal,
}

impl Rule {
    pub(crate) fn key(&self, subject: Subject) -> Key {
        Key { scope: Scope::Behaviour, rule: self.rule, subject }
    }

    /// What is to follow for `subject`. Nothing where the check only reports, and no ban where nobody may be banned.
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
            (BehaviourAction::Throttle, _) => Consequence::Throttle(self.hold.key(subject), self.term),
            _ => Consequence::None,
        }
    }

    /// What followed, if `reply` says that the client went beyond `quota`.
    pub(crate) fn followed(&self, reply: Reply, quota: Quota) -> Option<ActionOutcome> {
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
    pub(crate) fn key(self, subject: Subject) -> Key {
        Key { scope: Scope::Throttle, rule: self.rule, subject }
    }
}
