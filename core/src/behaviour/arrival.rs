//! Rules at the arrival of a request: whether the client is held up, and how often it asks.

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

/// Look for holds, and count the request under every rule about requests. Preflights count nowhere.
pub(crate) fn add_ops(ctx: &mut RequestContext<'_>) {
    if ctx.exempt {
        return;
    }
    let rules = ctx.rules;
    let sets =
        [(RuleScope::Global, Some(&rules.behaviour)), (RuleScope::Route, ctx.policy.map(|p| &p.behaviour))];
    let mut sets = sets.into_iter().filter_map(|(place, set)| Some((place, set?)));
    if sets.clone().all(|(_, set)| set.rules.is_empty()) {
        return;
    }
    ctx.tracks_behaviour = true;
    for (_, set) in sets.clone() {
        for held in &set.throttles {
            let key = held.key(ctx.subject);
            ctx.push_op(Op::Hit { key, quota: throttle_quota(held.term), cost: 0 }, OpPurpose::Throttle);
        }
    }
    if sets.clone().any(|(_, set)| set.correlates) {
        let total = &rules.ban.total;
        let key = Key { scope: Scope::Strikes, rule: total.rule, subject: ctx.subject };
        ctx.push_op(Op::Hit { key, quota: total.quota, cost: 0 }, OpPurpose::Strikes);
    }
    sets.by_ref().for_each(|(place, set)| count(ctx, place, set));
}

fn count(ctx: &mut RequestContext<'_>, place: RuleScope, set: &RuleSet) {
    for (index, rule) in set.rules.iter().enumerate().filter(|(_, rule)| rule.counts_requests()) {
        let then = rule.consequence(&ctx.rules, ctx.subject);
        let op = Op::Strike { key: rule.key(ctx.subject), quota: rule.quota, points: 1, then };
        ctx.push_op(op, OpPurpose::Usage(place, index as u16));
    }
}

/// Refuse a client that is held up.
pub(crate) fn apply_throttle(ctx: &mut RequestContext<'_>, count: Count) -> CheckResult {
    if count.used < count.limit {
        return Ok(());
    }
    let left = count.retry_at.since(ctx.now);
    let action = ctx.action(Check::Behaviour);
    let reason = format!("Throttled client attempted access: {}s to go", seconds(left));
    let metadata = [("rule_type", "throttle".into()), ("retry_after", seconds(left).into())];
    ctx.event(EventKind::BehavioralViolation, action, "behavior", reason, metadata);
    throttle(ctx, left)
}

/// Judge the counter of a rule about requests. `told` is whether the request is refused already: then what followed is
/// only reported.
pub(crate) fn judge_usage(
    ctx: &mut RequestContext<'_>,
    place: RuleScope,
    index: u16,
    reply: Reply,
    told: bool,
) -> CheckResult {
    let Some((rule, endpoint)) = find(ctx, place, index) else { return Ok(()) };
    let spared = ctx.is_report_only(Check::Behaviour);
    let full = rule.followed(reply, rule.quota);
    let halved = rule.halved.filter(|_| ctx.has_strikes);
    let Some(mut followed) = full.or_else(|| rule.followed(reply, halved?)) else { return Ok(()) };
    let correlated = full.is_none();
    if correlated {
        followed = draw(ctx, rule);
    }
    let violation = Violation { rule, place, endpoint, followed, correlated, spared };
    violation.drafts().into_iter().for_each(|draft| report(ctx, draft));
    match followed {
        ActionOutcome::Ban(until) if !correlated => {
            report(ctx, banned(String::from("behavioral_violation"), ctx.now, until));
        }
        ActionOutcome::Refusal => {
            ctx.record.ban_refused = true;
            report(ctx, ban_failed(ctx.client.address));
        }
        _ => {}
    }
    if told {
        return Ok(());
    }
    refuse(ctx, rule, followed)
}

/// The half threshold is known to be passed only now: the consequence is drawn from what is counted, by a strike of no
/// points, and this request is refused on its account.
fn draw(ctx: &mut RequestContext<'_>, rule: &Rule) -> ActionOutcome {
    let then = rule.consequence(&ctx.rules, ctx.subject);
    let (Some(quota), Consequence::Ban(_, term) | Consequence::Throttle(_, term)) = (rule.halved, then)
    else {
        return ActionOutcome::Nothing;
    };
    ctx.defer(Op::Strike { key: rule.key(ctx.subject), quota, points: 0, then });
    let until = ctx.now.after(term);
    if matches!(then, Consequence::Ban(..)) {
        ActionOutcome::Ban(until)
    } else {
        ActionOutcome::Throttle(until)
    }
}

fn refuse(ctx: &mut RequestContext<'_>, rule: &Rule, followed: ActionOutcome) -> CheckResult {
    use crate::config::BehaviourAction::{Ban, Throttle};
    match (followed, rule.action) {
        (ActionOutcome::Ban(_), _) => {
            ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "IP has been banned"))
        }
        // Not banned for want of room, but refused like the others.
        (ActionOutcome::Refusal, _) => ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "Forbidden")),
        (ActionOutcome::Throttle(until), _) => throttle(ctx, until.since(ctx.now)),
        // Passive mode: what would have been answered.
        (ActionOutcome::Nothing, Throttle) if ctx.is_report_only(Check::Behaviour) => {
            throttle(ctx, rule.term)
        }
        (ActionOutcome::Nothing, Ban) if ctx.is_report_only(Check::Behaviour) => {
            ctx.reject(RejectionDraft::new(Check::Behaviour, 403, "IP has been banned"))
        }
        (ActionOutcome::Nothing, _) => Ok(()),
    }
}

fn throttle(ctx: &mut RequestContext<'_>, left: Duration) -> CheckResult {
    let mut objection = RejectionDraft::new(Check::Behaviour, 429, "Too many requests");
    objection.retry_after = Some(left.max(Duration::from_millis(1)));
    ctx.reject(objection)
}

fn find<'r>(ctx: &RequestContext<'r>, place: RuleScope, index: u16) -> Option<(&'r Rule, &'r str)> {
    let (set, endpoint) = match place {
        RuleScope::Global => (&ctx.rules.behaviour, "*"),
        RuleScope::Route => ctx.policy.map(|policy| (&policy.behaviour, policy.name.as_str()))?,
    };
    Some((set.rules.get(usize::from(index))?, endpoint))
}

fn report(ctx: &mut RequestContext<'_>, draft: EventDraft) {
    if ctx.rules.events.has(draft.kind) {
        let event = ctx.about(draft.kind, draft.action, draft.handler, draft.reason, draft.metadata);
        ctx.events.push(event);
    }
}
