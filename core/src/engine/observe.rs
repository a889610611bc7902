//! The response phase: the rules and limits that a response counts for, and the events for the replies of the store.
//!
//! A driver calls [`Engine::response_prefix`] with the head of the response, passes the status and that part of the body to
//! [`Engine::observe`], applies the ops to the store, and passes the replies to [`Engine::events_for_replies`]. The
//! response is not changed.

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

/// The parts of a response that rules use.
#[derive(Clone, Copy, Debug)]
pub struct ResponseInfo<'s> {
    /// The status of the response of the handler.
    pub status: u16,
    /// The first bytes of the body: as many as [`Engine::response_prefix`] returned, or all of a shorter body. `None` if it
    /// returned `None`.
    pub body: Option<&'s [u8]>,
    /// The cost of the response for limits that count by outcome: one, unless the handler sets it.
    pub cost: u32,
}

/// The effects of a response.
#[derive(Debug, Default)]
#[must_use = "the counters of behaviour rules depend on the deferred ops"]
#[non_exhaustive]
pub struct ResponseEffects {
    /// Batches for the store; pass the replies to each to [`Engine::events_for_replies`]. Empty, without an allocation,
    /// for most responses.
    pub deferred: Vec<Batch>,
    /// A rule matches bodies, and this body could not be inspected: it is encoded, or a stream.
    pub uninspected: bool,
}

/// The request or message that caused deferred ops.
#[derive(Clone, Copy, Debug)]
pub struct DeferredContext {
    client: Client,
    policy: Option<PolicyHandle>,
    check: Option<Check>,
}

impl DeferredContext {
    /// An attack in a message of `client`, on a connection with this policy.
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
    /// How many bytes of the response body the rules require; `None` if no rule matches bodies, or if the body cannot
    /// be inspected: encoded bodies and streams are not.
    #[must_use]
    pub fn response_prefix(&self, ticket: &Ticket, headers: &dyn HeaderFields) -> Option<usize> {
        let prefix = self.body_prefix(ticket)?;
        is_readable(headers).then_some(prefix)
    }

    /// Count a response.
    pub fn observe(&self, ticket: &Ticket, response: &ResponseInfo<'_>, now: Timestamp) -> ResponseEffects {
        // Most responses count for nothing.
        if !ticket.tracks_behaviour && ticket.outcomes.iter().all(Option::is_none) {
            return ResponseEffects::default();
        }
        let mut batches = OpBatches { now, list: Vec::new() };
        let policy = ticket.policy.and_then(|policy| self.policy(policy));
        for hit in ticket.outcomes.iter().flatten() {
            let Some(tier) = self.rules.tier(hit.tier, policy) else { continue };
            if response.cost > 0 && tier.outcomes.is_some_and(|outcomes| outcomes.has(response.status)) {
                // A cost above the limit exhausts it like the limit itself. The cap bounds the work of the store.
                let cost = response.cost.min(tier.quota.limit());
                let subject = hit.digest.map_or(ticket.subject, Subject::Digest);
                batches.push(Op::Hit { key: tier.key_of(subject), quota: tier.quota, cost });
            }
        }
        for (_, set) in self.sets(ticket).into_iter().flatten() {
            if set.statuses.has(response.status) {
                let counts = |rule: &&Rule| matches!(&rule.trigger, Trigger::Statuses(set) if set.has(response.status));
                set.rules.iter().filter(counts).for_each(|rule| self.add_strikes(&mut batches, rule, ticket));
            }
            if let (Some(bodies), Some(body)) = (&set.bodies, response.body) {
                bodies.search(body, &mut |index| {
                    if let Some(rule) = set.rules.get(index) {
                        self.add_strikes(&mut batches, rule, ticket);
                    }
                });
            }
        }
        let uninspected = response.body.is_none() && self.body_prefix(ticket).is_some();
        ResponseEffects { deferred: batches.list, uninspected }
    }

    /// The events for the replies to deferred ops: bans, and violations of rules about responses. `facts` supply the
    /// country of the client.
    #[must_use]
    pub fn events_for_replies(
        &self,
        context: &DeferredContext,
        batch: &Batch,
        replies: &Replies,
        facts: &dyn NetworkFacts,
    ) -> Vec<Event> {
        let mut drafts = Vec::new();
        let mut last_reported = None;
        let mut ban: Option<(Timestamp, String)> = None;
        for (op, reply) in batch.ops().iter().zip(replies) {
            let Op::Strike { key, quota, .. } = op else { continue };
            let reason = match self.rule(key.scope, key.rule, context.policy) {
                Some((scope, rule, endpoint)) => {
                    let Some(outcome) = rule.outcome(*reply, *quota) else { continue };
                    // A client with strikes has two ops for one rule; report the violation once.
                    if !rule.counts_requests() && last_reported.replace(key.rule) != Some(key.rule) {
                        let report_only = self.is_report_only(Check::Behaviour);
                        let correlated = *quota != rule.quota;
                        let violation = Violation { rule, scope, endpoint, outcome, correlated, report_only };
                        drafts.extend(violation.drafts());
                    }
                    String::from("behavioral_violation")
                }
                None => ban_reason(context, key.rule != self.rules.ban.total.rule),
            };
            match reply {
                Reply::Banned(until) if ban.as_ref().is_none_or(|(other, _)| other < until) => {
                    ban = Some((*until, reason));
                }
                Reply::BanRejected => drafts.push(ban_failed(context.client.address)),
                _ => {}
            }
        }
        drafts.extend(ban.map(|(until, reason)| banned(reason, batch.now(), until)));
        let endpoint = context.policy.and_then(|policy| self.policy_name(policy));
        drafts.retain(|draft| self.rules.events.has(draft.kind));
        if drafts.is_empty() {
            return Vec::new();
        }
        let country = context.client.address.and_then(|client| facts.country(client).known());
        let event = |draft| Event { country, ..event(draft, context, endpoint) };
        drafts.into_iter().map(event).collect()
    }

    /// Count a response under `rule`. For a client with strikes, also apply the consequence at half the threshold.
    fn add_strikes(&self, batches: &mut OpBatches, rule: &Rule, ticket: &Ticket) {
        let (key, then) = (rule.key(ticket.subject), rule.consequence(&self.rules, ticket.subject));
        batches.push(Op::Strike { key, quota: rule.quota, points: 1, then });
        if let Some(quota) = rule.halved.filter(|_| ticket.has_strikes) {
            batches.push(Op::Strike { key, quota, points: 0, then });
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
            Some((RuleScope::Global, &self.rules.within(ticket.nested).behaviour)),
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

/// Ops in batches; a full batch is followed by a new one.
struct OpBatches {
    now: Timestamp,
    list: Vec<Batch>,
}

impl OpBatches {
    fn push(&mut self, op: Op) {
        if self.list.last_mut().is_some_and(|batch| batch.push(op)) {
            return;
        }
        let mut batch = Batch::new(self.now);
        batch.push(op);
        self.list.push(batch);
    }
}

/// The reason of a ban by deferred strikes.
fn ban_reason(context: &DeferredContext, of_class: bool) -> String {
    let (base, class) = match context.check {
        Some(Check::RateLimit) => ("rate_limit_exceeded", ":rate_limit"),
        Some(Check::Authentication) => ("authentication_failed", ":authentication"),
        Some(Check::SuspiciousActivity) => ("penetration_attempt", ""),
        _ => ("threshold_exceeded", ""),
    };
    let mut reason = String::from(base);
    reason.push_str(if of_class { class } else { "" });
    reason
}

fn event(draft: EventDraft, context: &DeferredContext, endpoint: Option<&str>) -> Event {
    Event {
        kind: draft.kind,
        action: draft.action,
        reason: draft.reason,
        address: context.client.address,
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
