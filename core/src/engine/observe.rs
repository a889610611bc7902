//! The response phase: which rules and limits a response counts for, and what is reported once the store has answered.
//!
//! A driver asks [`Engine::watches`] with the head of the response, shows [`Engine::observe`] what it was told to look at,
//! hands the ops to the store, and gives the replies to [`Engine::events_for_replies`]. Nothing here changes the response.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::behaviour::response::is_readable;
use crate::behaviour::violation::{EventDraft, Violation, ban_failed, banned};
use crate::checks::Check;
use crate::client::Client;
use crate::config::policy::PolicyHandle;
use crate::engine::Engine;
use crate::event::Event;
use crate::request::facts::NetworkFacts;
use crate::request::head::HeaderFields;
use crate::rules::behaviour::{Rule, RuleScope, RuleSet, Trigger};
use crate::state::{Batch, Op, Replies, Reply, Scope, Subject};
use crate::time::Timestamp;
use crate::verdict::{Ticket, Verdict};

/// A response, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseInfo<'s> {
    /// The status that the handler answered with.
    pub status: u16,
    /// The first bytes of the body, as many as [`Engine::watches`] asked for or as there are; `None` where it asked for
    /// none.
    pub body: Option<&'s [u8]>,
    /// What the response costs, where a limit counts by outcome: one, unless the handler says otherwise.
    pub cost: u32,
}

/// What follows from a response.
#[derive(Debug, Default)]
#[must_use = "the counters of behaviour rules live from the deferred ops"]
#[non_exhaustive]
pub struct ResponseEffects {
    /// For the store; the replies to each go to [`Engine::events_for_replies`]. Empty, without an allocation, for most responses.
    pub deferred: Vec<Batch>,
    /// Some rule is about bodies, and this one could not be looked at: it is encoded, or a stream.
    pub uninspected: bool,
}

/// Whose deferred ops these are.
#[derive(Clone, Copy, Debug)]
pub struct DeferredContext {
    client: Client,
    policy: Option<PolicyHandle>,
    check: Option<Check>,
}

impl DeferredContext {
    /// An attack in a message of `client`, on a connection of this policy.
    #[must_use]
    pub const fn message(client: IpAddr, policy: Option<PolicyHandle>) -> Self {
        let client = Client { address: Some(client.to_canonical()), secure: false, spoofed: false };
        Self { client, policy, check: Some(Check::SuspiciousActivity) }
    }
}

impl From<&Verdict> for DeferredContext {
    fn from(verdict: &Verdict) -> Self {
        let record = &verdict.record;
        Self { client: verdict.client, policy: record.policy, check: record.check }
    }
}

impl From<&Ticket> for DeferredContext {
    fn from(ticket: &Ticket) -> Self {
        Self { client: ticket.client, policy: ticket.policy, check: None }
    }
}

impl Engine {
    /// How many bytes of the response's body rules want to see; `None` when they need none, or it cannot be read:
    /// encoded bodies and streams are not looked into.
    #[must_use]
    pub fn watches(&self, ticket: &Ticket, headers: &dyn HeaderFields) -> Option<usize> {
        let prefix = self.body_prefix(ticket)?;
        is_readable(headers).then_some(prefix)
    }

    /// Count a response.
    pub fn observe(&self, ticket: &Ticket, served: &ResponseInfo<'_>, now: Timestamp) -> ResponseEffects {
        // Most responses count for nothing.
        if !ticket.tracks_behaviour && ticket.outcomes.iter().all(Option::is_none) {
            return ResponseEffects::default();
        }
        let mut counted = OpBatches { now, batches: Vec::new() };
        let policy = ticket.policy.and_then(|policy| self.policy(policy));
        for hit in ticket.outcomes.iter().flatten() {
            let Some(tier) = self.rules.tier(hit.tier, policy) else { continue };
            if served.cost > 0 && tier.outcomes.is_some_and(|outcomes| outcomes.has(served.status)) {
                // More than the limit uses it up no more than the limit does, and costs a store no work.
                let cost = served.cost.min(tier.quota.limit());
                let subject = hit.digest.map_or(ticket.subject, Subject::Digest);
                counted.push(Op::Hit { key: tier.key_of(subject), quota: tier.quota, cost });
            }
        }
        for (_, set) in self.sets(ticket).into_iter().flatten() {
            if set.statuses.has(served.status) {
                let counts =
                    |rule: &&Rule| matches!(&rule.what, Trigger::Statuses(set) if set.has(served.status));
                set.rules.iter().filter(counts).for_each(|rule| self.strike(&mut counted, rule, ticket));
            }
            if let (Some(bodies), Some(body)) = (&set.bodies, served.body) {
                bodies.search(body, &mut |index| {
                    if let Some(rule) = set.rules.get(index) {
                        self.strike(&mut counted, rule, ticket);
                    }
                });
            }
        }
        let uninspected = served.body.is_none() && self.body_prefix(ticket).is_some();
        ResponseEffects { deferred: counted.batches, uninspected }
    }

    /// What has happened by these ops, once the store has answered them: bans, and violations of rules about responses.
    /// `facts` tell where the client is.
    #[must_use]
    pub fn events_for_replies(
        &self,
        cause: &DeferredContext,
        batch: &Batch,
        replies: &Replies,
        facts: &dyn NetworkFacts,
    ) -> Vec<Event> {
        let mut drafts = Vec::new();
        let mut told = None;
        let mut ban: Option<(Timestamp, String)> = None;
        for (op, reply) in batch.ops().iter().zip(replies) {
            let Op::Strike { key, quota, .. } = op else { continue };
            let reason = match self.rule(key.scope, key.rule, cause.policy) {
                Some((place, rule, endpoint)) => {
                    let Some(followed) = rule.followed(*reply, *quota) else { continue };
                    // A suspect is struck twice under one rule; once told is enough.
                    if !rule.counts_requests() && told.replace(key.rule) != Some(key.rule) {
                        let spared = self.is_report_only(Check::Behaviour);
                        let correlated = *quota != rule.quota;
                        let violation = Violation { rule, place, endpoint, followed, correlated, spared };
                        drafts.extend(violation.drafts());
                    }
                    String::from("behavioral_violation")
                }
                None => offence(cause, key.rule != self.rules.ban.total.rule),
            };
            match reply {
                Reply::Banned(until) if ban.as_ref().is_none_or(|(other, _)| other < until) => {
                    ban = Some((*until, reason));
                }
                Reply::BanRefused => drafts.push(ban_failed(cause.client.address)),
                _ => {}
            }
        }
        drafts.extend(ban.map(|(until, reason)| banned(reason, batch.now(), until)));
        let endpoint = cause.policy.and_then(|policy| self.policy_name(policy));
        drafts.retain(|draft| self.rules.events.has(draft.kind));
        if drafts.is_empty() {
            return Vec::new();
        }
        let country = cause.client.address.and_then(|client| facts.country(client).known());
        let event = |draft| Event { country, ..event(draft, cause, endpoint) };
        drafts.into_iter().map(event).collect()
    }

    /// One response more under `rule`. For a suspect the consequence of half the threshold is drawn as well.
    fn strike(&self, counted: &mut OpBatches, rule: &Rule, ticket: &Ticket) {
        let (key, then) = (rule.key(ticket.subject), rule.consequence(&self.rules, ticket.subject));
        counted.push(Op::Strike { key, quota: rule.quota, points: 1, then });
        if let Some(quota) = rule.halved.filter(|_| ticket.has_strikes) {
            counted.push(Op::Strike { key, quota, points: 0, then });
        }
    }

    fn body_prefix(&self, ticket: &Ticket) -> Option<usize> {
        let bodies = self.sets(ticket).into_iter().flatten().filter_map(|(_, set)| set.bodies.as_ref());
        bodies.map(|bodies| bodies.prefix).max()
    }

    /// The rules that a response to this request counts for.
    fn sets(&self, ticket: &Ticket) -> [Option<(RuleScope, &RuleSet)>; 2] {
        if !ticket.tracks_behaviour {
            return [None, None];
        }
        let route = ticket.policy.and_then(|policy| self.policy(policy));
        [
            Some((RuleScope::Global, &self.rules.behaviour)),
            route.map(|policy| (RuleScope::Route, &policy.behaviour)),
        ]
    }

    fn rule(
        &self,
        scope: Scope,
        number: u64,
        policy: Option<PolicyHandle>,
    ) -> Option<(RuleScope, &Rule, &str)> {
        if scope != Scope::Behaviour {
            return None;
        }
        let in_set = |set: &'_ RuleSet| set.rules.iter().position(|rule| rule.rule == number);
        let global = &self.rules.behaviour;
        if let Some(index) = in_set(global) {
            return Some((RuleScope::Global, &global.rules[index], "*"));
        }
        let policy = self.policy(policy?)?;
        let index = in_set(&policy.behaviour)?;
        Some((RuleScope::Route, &policy.behaviour.rules[index], &policy.name))
    }
}

/// Ops in batches, a new one when one is full.
struct OpBatches {
    now: Timestamp,
    batches: Vec<Batch>,
}

impl OpBatches {
    fn push(&mut self, op: Op) {
        if self.batches.last_mut().is_some_and(|batch| batch.push(op)) {
            return;
        }
        let mut batch = Batch::new(self.now);
        batch.push(op);
        self.batches.push(batch);
    }
}

/// Why a client was banned by strikes that were not those of an attack in a request.
fn offence(cause: &DeferredContext, of_class: bool) -> String {
    let (base, class) = match cause.check {
        Some(Check::RateLimit) => ("rate_limit_exceeded", ":rate_limit"),
        Some(Check::Authentication) => ("authentication_failed", ":authentication"),
        Some(Check::SuspiciousActivity) => ("penetration_attempt", ""),
        _ => ("threshold_exceeded", ""),
    };
    let mut reason = String::from(base);
    reason.push_str(if of_class { class } else { "" });
    reason
}

fn event(draft: EventDraft, cause: &DeferredContext, endpoint: Option<&str>) -> Event {
    Event {
        kind: draft.kind,
        action: draft.action,
        reason: draft.reason,
        address: cause.client.address,
        country: None,
        user_agent: None,
        endpoint: endpoint.map(String::from),
        method: None,
        handler: draft.handler,
        pattern: None,
        metadata: draft.metadata,
        reference: None,
    }
}
