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
mod observe;
mod response;
mod violation;

pub(crate) use arrival::{add_ops, apply_throttle, judge_usage};
pub use observe::{DeferredContext, ResponseEffects, ResponseInfo};

use crate::config::BehaviourAction;
use crate::rules::Rules;
use crate::rules::behaviour::{Rule, Throttle};
use crate::state::{Consequence, Key, Quota, Reply, Scope, Subject};
use crate::time::Timestamp;
use crate::verdict::Check;

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
