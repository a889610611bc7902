//! Rules at the arrival of a request: throttles, and the number of requests.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::outcome::ActionOutcome;
use super::violation::{EventDraft, Violation, ban_failed, banned};
use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::scratch::OpPurpose;
use crate::respond::RejectionDraft;
use crate::rules::behaviour::{Rule, RuleScope, RuleSet};
use crate::state::{Consequence, Count, Key, Op, Reply, Scope, throttle_quota};
use crate::time::seconds;

/// Add the lookups of throttles, and count the request under every rule about requests. Preflights are not counted.
pub(crate) fn add_ops(ctx: &mut RequestContext<'_>) {
    if ctx.exempt {
        return;
    }
    let rules = ctx.rules;
    let sets =
        [(RuleScope::Global, Some(&rules.behaviour)), (RuleScope::Route, ctx.policy.map(|p| &p.behaviour))];
    let mut sets = sets.into_iter().filter_map(|(scope, set)| Some((scope, set?)));
    if sets.clone().all(|(_, set)| set.rules.is_empty()) {
        return;
    }
    ctx.tracks_behaviour = true;
    for (_, set) in sets.clone() {
        for throttle in &set.throttles {
            let key = throttle.key(ctx.subject);
            ctx.push_op(Op::Hit { key, quota: throttle_quota(throttle.term), cost: 0 }, OpPurpose::Throttle);
        }
    }
    if sets.clone().any(|(_, set)| set.correlates) {
        let total = &rules.ban.total;
        let key = Key { scope: Scope::Strikes, rule: total.rule, subject: ctx.subject };
        ctx.push_op(Op::Hit { key, quota: total.quota, cost: 0 }, OpPurpose::Strikes);
    }
    sets.by_ref().for_each(|(scope, set)| count(ctx, scope, set));
}

fn count(ctx: &mut RequestContext<'_>, scope: RuleScope, set: &RuleSet) {
    for (index, rule) in set.rules.iter().enumerate().filter(|(_, rule)| rule.counts_requests()) {
        let then = rule.consequence(ctx.rules, ctx.subject);
        let op = Op::Strike { key: rule.key(ctx.subject), quota: rule.quota, points: 1, then };
        ctx.push_op(op, OpPurpose::Usage(scope, index as u16));
    }
}

/// Reject a client that is throttled.
pub(crate) fn apply_throttle(ctx: &mut RequestContext<'_>, count: Count) -> CheckResult {
    if count.used < count.limit {
        return Ok(());
    }
    let left = count.retry_at.since(ctx.now);
    let action = ctx.action(Check::Behaviour);
    let reason = format!("Throttled client attempted access: {}s to go", seconds(left));
    let metadata = [("rule_type", "throttle".into()), ("retry_after", seconds(left).into())];
    ctx.event(EventKind::BehavioralViolation, action, "behavior", reason, metadata);
    reject_throttled(ctx, left)
}

/// Apply the reply about a rule about requests. `is_rejected`: the request is already rejected, so the consequence is only
/// reported.
pub(crate) fn apply_usage_reply(
    ctx: &mut RequestContext<'_>,
    scope: RuleScope,
    index: u16,
    reply: Reply,
    is_rejected: bool,
) -> CheckResult {
    let Some((rule, endpoint)) = find(ctx, scope, index) else { return Ok(()) };
    let report_only = ctx.is_report_only(Check::Behaviour);
    let full = rule.outcome(reply, rule.quota);
    let halved = rule.halved.filter(|_| ctx.has_strikes);
    let Some(mut outcome) = full.or_else(|| rule.outcome(reply, halved?)) else { return Ok(()) };
    let correlated = full.is_none();
    if correlated {
        outcome = apply_halved_threshold(ctx, rule);
    }
    let violation = Violation { rule, scope, endpoint, outcome, correlated, report_only };
    violation.drafts().into_iter().for_each(|draft| report(ctx, draft));
    match outcome {
        ActionOutcome::Ban(until) if !correlated => {
            report(ctx, banned(String::from("behavioral_violation"), ctx.now, until));
        }
        ActionOutcome::BanRejected => {
            ctx.record.ban_rejected = true;
            report(ctx, ban_failed(ctx.client.address));
        }
        _ => {}
    }
    if is_rejected {
        return Ok(());
    }
    reject(ctx, rule, outcome)
}

/// Apply the consequence of the halved threshold: that the client has strikes is known only after the batch. A strike of no
/// points makes the store apply it, and this request is rejected.
fn apply_halved_threshold(ctx: &mut RequestContext<'_>, rule: &Rule) -> ActionOutcome {
    let then = rule.consequence(ctx.rules, ctx.subject);
    let (Some(quota), Consequence::Ban(_, term) | Consequence::Throttle(_, term)) = (rule.halved, then)
    else {
        return ActionOutcome::NoAction;
    };
    ctx.defer(Op::Strike { key: rule.key(ctx.subject), quota, points: 0, then });
    let until = ctx.now.after(term);
    if matches!(then, Consequence::Ban(..)) {
        ActionOutcome::Ban(until)
    } else {
        ActionOutcome::Throttle(until)
    }
}

fn reject(ctx: &mut RequestContext<'_>, rule: &Rule, outcome: ActionOutcome) -> CheckResult {
    use crate::config::BehaviourAction::{Ban, Throttle};
    match (outcome, rule.action) {
        (ActionOutcome::Ban(_), _) => {
            ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "IP has been banned"))
        }
        // The store has no room for the ban; the request is rejected all the same.
        (ActionOutcome::BanRejected, _) => {
            ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "Forbidden"))
        }
        (ActionOutcome::Throttle(until), _) => reject_throttled(ctx, until.since(ctx.now)),
        // Report-only mode: the rejection that would follow.
        (ActionOutcome::NoAction, Throttle) if ctx.is_report_only(Check::Behaviour) => {
            reject_throttled(ctx, rule.term)
        }
        (ActionOutcome::NoAction, Ban) if ctx.is_report_only(Check::Behaviour) => {
            ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "IP has been banned"))
        }
        (ActionOutcome::NoAction, _) => Ok(()),
    }
}

fn reject_throttled(ctx: &mut RequestContext<'_>, left: Duration) -> CheckResult {
    let mut rejection = RejectionDraft::new(Check::Behaviour, 429, "Too many requests");
    rejection.retry_after = Some(left.max(Duration::from_millis(1)));
    ctx.reject(rejection)
}

fn find<'r>(ctx: &RequestContext<'r>, scope: RuleScope, index: u16) -> Option<(&'r Rule, &'r str)> {
    let (set, endpoint) = match scope {
        RuleScope::Global => (&ctx.rules.behaviour, "*"),
        RuleScope::Route => ctx.policy.map(|policy| (&policy.behaviour, policy.name.as_str()))?,
    };
    Some((set.rules.get(usize::from(index))?, endpoint))
}

fn report(ctx: &mut RequestContext<'_>, draft: EventDraft) {
    if ctx.rules.events.has(draft.kind) {
        let event = ctx.new_event(draft.kind, draft.action, draft.handler, draft.reason, draft.metadata);
        ctx.events.push(event);
    }
}
