//! The engine: an immutable, compiled configuration, and the order of the checks.

pub(crate) mod drive;
pub(crate) mod order;
pub(crate) mod step;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::behaviour;
use crate::check::{ban, rate};
use crate::compat::rules::RuleProvenance;
use crate::config::policy::{PolicyHandle, RoutePolicy};
use crate::config::{Config, OnUnavailable};
use crate::engine::step::{Conclusion, NeedState, NextStep, Step};
use crate::event::EventKind;
use crate::request::context::{RejectionDraft, RequestContext, RequestSlot};
use crate::request::flow::{CheckResult, StageResult};
use crate::request::head::Head;
use crate::request::scratch::{OpPurpose, Scratch};
use crate::rules::{Policy, Rules};
use crate::state::{Replies, Reply, Unavailable};
use crate::time::Timestamp;
use crate::verdict::Check;

/// A compiled configuration with its route policies. Immutable: a reload builds another one, and a request keeps the one
/// it began with.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) rules: Arc<Rules>,
    pub(crate) policies: Vec<Arc<Policy>>,
    /// Policies of `[[route]]`, sorted by pattern.
    routes: Arc<[(String, Policy)]>,
    /// The dynamic rules that the configuration is under.
    pub(crate) trace: Option<Arc<RuleProvenance>>,
}

impl Engine {
    /// The policies of `[[route]]`, sorted by pattern.
    pub(crate) fn with_routes(mut self, mut routes: Vec<(String, Policy)>) -> Self {
        routes.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.routes = routes.into();
        self
    }

    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), policies: Vec::new(), routes: Arc::new([]), trace: None }
    }

    /// The configuration this engine was compiled from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.rules.config
    }

    /// The registered policies: names, in the order of their handles.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|policy| policy.name.as_str())
    }

    /// The policies of all routes, wherever they were written.
    pub(crate) fn all_policies(&self) -> impl Iterator<Item = &RoutePolicy> {
        let configured = self.routes.iter().map(|(_, policy)| &policy.source);
        self.policies.iter().map(|policy| &policy.source).chain(configured)
    }

    /// The patterns of `[[route]]`.
    pub fn route_patterns(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// The policy for a route that was given none in code: that of `[[route]]` with its pattern.
    #[must_use]
    pub fn policy_of_route(&self, pattern: &str) -> Option<PolicyHandle> {
        let index = self.routes.binary_search_by(|(known, _)| known.as_str().cmp(pattern)).ok()?;
        Some(PolicyHandle { index: index as u16 | OF_CONFIGURATION, name: name_tag(pattern) })
    }

    /// The policy that a request is under: that of its route in code, else that of `[[route]]`.
    pub(crate) fn policy_for(&self, head: &Head<'_>) -> Option<PolicyHandle> {
        head.policy.or_else(|| self.policy_of_route(head.route?))
    }

    pub(crate) fn policy(&self, handle: PolicyHandle) -> Option<&Policy> {
        let index = usize::from(handle.index & !OF_CONFIGURATION);
        let policy = match handle.index & OF_CONFIGURATION {
            0 => self.policies.get(index)?,
            _ => &self.routes.get(index)?.1,
        };
        (name_tag(&policy.name) == handle.name).then_some(policy)
    }

    /// The name of a policy; of one under `[[route]]`, its pattern.
    #[must_use]
    pub fn policy_name(&self, handle: PolicyHandle) -> Option<&str> {
        self.policy(handle).map(|policy| policy.name.as_str())
    }

    /// Whether the application may have to be asked about this request: a verifier or a hook, of the configuration or of
    /// the policy that the request is under.
    #[must_use]
    pub fn needs_application(&self, head: &Head<'_>) -> bool {
        let policy = self.policy_for(head).and_then(|handle| self.policy(handle));
        let hooks = &self.rules.config.hooks;
        !hooks.before.is_empty()
            || !hooks.after.is_empty()
            || policy.is_some_and(|policy| {
                policy.auth.as_ref().is_some_and(|auth| auth.verifier.is_some())
                    || !policy.source.validators.is_empty()
                    || !policy.source.hooks.is_empty()
            })
    }

    /// Begin a request: run the checks that need the head alone, and collect the ops of the one batch. The state of the
    /// request lives in `slot`; steps refer to it.
    pub fn begin<'s, 'r>(
        &'r self,
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
        slot: &'s mut RequestSlot<'r>,
    ) -> Step<'s, 'r> {
        let ctx = slot.begin(self, head, now, scratch);
        if ctx.bypass_all {
            bypass_all(ctx);
            return Step::Continue(NextStep::allow(ctx));
        }
        match order::before(ctx) {
            Err(refusal) => Step::Done(Conclusion::deny(ctx, refusal)),
            Ok(_) if ctx.scratch.batch.ops().is_empty() => {
                let flow = order::after(ctx);
                Step::Continue(NextStep::new(ctx, flow))
            }
            Ok(_) => Step::State(NeedState { ctx }),
        }
    }

    /// Whether `network` may be banned: not the machine itself and not a trusted proxy.
    #[must_use]
    pub fn may_ban(&self, network: ipnet::IpNet) -> bool {
        self.rules.ban.may_ban(network)
    }
}

/// A few bits of a policy's name, by which a handle of another guard is told.
pub(crate) fn name_tag(name: &str) -> u32 {
    // FNV-1a: cheap enough for every request, and nobody attacks it.
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The bits of a handle's index: policies of `[[route]]` have one of their own.
pub(crate) const OF_CONFIGURATION: u16 = 1 << 15;

/// A route that bypasses all checks. The event is informational and sampled.
fn bypass_all(ctx: &mut RequestContext<'_>) {
    if ctx.head.sample_info_events {
        let reason = String::from("Route configured to bypass all security checks");
        let metadata =
            [("bypassed_checks", alloc::vec![String::from("all")].into()), ("endpoint", ctx.path().into())];
        ctx.event(EventKind::SecurityBypass, "all_checks_bypassed", "middleware", reason, metadata);
    }
}

/// Apply the replies to the batch in the order of its ops; the first rejection decides. Then run the stages after it.
fn admit<'r>(ctx: &mut RequestContext<'r>, answer: &Result<Replies, Unavailable>) -> StageResult<'r> {
    match answer {
        // A reply to every op, or the store has not answered: no check may be skipped.
        Ok(replies) if replies.len() == ctx.scratch.batch.ops().len() => apply_replies(ctx, replies)?,
        Ok(_) | Err(Unavailable) => apply_outage(ctx)?,
    }
    order::after(ctx)
}

fn apply_replies(ctx: &mut RequestContext<'_>, replies: &Replies) -> CheckResult {
    let mut judged = Ok(());
    for (index, reply) in replies.iter().enumerate() {
        let Some(question) = ctx.scratch.purposes.get(index) else { break };
        match (*question, *reply) {
            // All ops have taken effect: what followed from a strike is told even where another refusal came first.
            (OpPurpose::Usage(place, index), reply) => {
                let told = judged.is_err();
                let usage = behaviour::judge_usage(ctx, place, index, reply, told);
                judged = judged.and(usage);
            }
            _ if judged.is_err() => {}
            (OpPurpose::Ban, Reply::Banned(until)) => judged = ban::judge(ctx, until),
            (OpPurpose::Throttle, Reply::Count(count)) => judged = behaviour::apply_throttle(ctx, count),
            (OpPurpose::Strikes, Reply::Count(count)) => ctx.has_strikes = count.used > 0,
            (OpPurpose::Tier(name), Reply::Count(count)) => judged = rate::judge(ctx, name, count),
            (OpPurpose::Outcome(name), Reply::Count(count)) => judged = rate::judge_outcome(ctx, name, count),
            _ => {}
        }
    }
    judged
}

fn apply_outage(ctx: &mut RequestContext<'_>) -> CheckResult {
    ctx.record.store_unavailable = true;
    if ctx.on_unavailable() != OnUnavailable::Deny {
        return Ok(());
    }
    let action = ctx.action(Check::State);
    let reason = String::from("the state store did not answer");
    ctx.event(EventKind::RedisError, action, "redis", reason, [("error_type", "operation_error".into())]);
    let mut objection = RejectionDraft::new(Check::State, 503, "Service temporarily unavailable");
    objection.retry_after = Some(Duration::from_secs(5));
    ctx.reject(objection)
}
