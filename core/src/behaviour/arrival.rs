//! Rules at the arrival of a request: whether the client is held up, and how often it asks.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::violation::{Draft, Violation, ban_failed, banned};
use super::{Followed, Place, Rule, RuleSet};
use crate::case::{Case, Objection, Refused};
use crate::check::rate::seconds;
use crate::event::EventKind;
use crate::policy::Bypass;
use crate::scratch::Question;
use crate::state::{Consequence, Count, Key, Op, Reply, Scope, hold};
use crate::verdict::Check;

/// Look for holds, and count the request under every rule about requests. Preflights count nowhere.
pub(crate) fn ask(case: &mut Case<'_>) {
    if case.exempt || case.excluded || case.known.preflight || case.bypasses(Bypass::All) {
        return;
    }
    case.watched = true;
    let engine = case.engine;
    let sets =
        [(Place::Global, Some(&engine.rules.behaviour)), (Place::Route, case.policy.map(|p| &p.behaviour))];
    let mut sets = sets.into_iter().filter_map(|(place, set)| Some((place, set?)));
    for (_, set) in sets.clone() {
        for held in &set.holds {
            let key = held.key(case.subject);
            case.ask(Op::Hit { key, quota: hold(held.term), cost: 0 }, Question::Hold);
        }
    }
    if sets.clone().any(|(_, set)| set.correlates) {
        let total = &engine.rules.ban.total;
        let key = Key { scope: Scope::Suspicion, rule: total.rule, subject: case.subject };
        case.ask(Op::Hit { key, quota: total.quota, cost: 0 }, Question::Suspicion);
    }
    sets.by_ref().for_each(|(place, set)| count(case, place, set));
}

fn count(case: &mut Case<'_>, place: Place, set: &RuleSet) {
    for (index, rule) in set.rules.iter().enumerate().filter(|(_, rule)| rule.counts_requests()) {
        let then = rule.consequence(&case.engine.rules, case.subject);
        let op = Op::Strike { key: rule.key(case.subject), quota: rule.quota, points: 1, then };
        case.ask(op, Question::Usage(place, index as u16));
    }
}

/// Refuse a client that is held up.
pub(crate) fn judge_hold(case: &mut Case<'_>, count: Count) -> Result<(), Refused> {
    if count.used < count.limit {
        return Ok(());
    }
    let left = count.retry_at.since(case.now);
    let action = case.action(Check::Behaviour);
    let reason = format!("Throttled client attempted access: {}s to go", seconds(left));
    let metadata = [("rule_type", "throttle".into()), ("retry_after", seconds(left).into())];
    case.event(EventKind::BehavioralViolation, action, "behavior", reason, metadata);
    throttle(case, left)
}

/// Judge the counter of a rule about requests. `told` is whether the request is refused already: then what followed is
/// only reported.
pub(crate) fn judge_usage(
    case: &mut Case<'_>,
    place: Place,
    index: u16,
    reply: Reply,
    told: bool,
) -> Result<(), Refused> {
    let Some((rule, endpoint)) = find(case, place, index) else { return Ok(()) };
    let spared = case.spares(Check::Behaviour);
    let full = rule.followed(reply, rule.quota);
    let halved = rule.halved.filter(|_| case.suspect);
    let Some(mut followed) = full.or_else(|| rule.followed(reply, halved?)) else { return Ok(()) };
    let correlated = full.is_none();
    if correlated {
        followed = draw(case, rule);
    }
    let violation = Violation { rule, place, endpoint, followed, correlated, spared };
    violation.drafts().into_iter().for_each(|draft| report(case, draft));
    match followed {
        Followed::Ban(until) if !correlated => {
            report(case, banned(String::from("behavioral_violation"), case.now, until));
        }
        Followed::Refusal => {
            case.record.ban_refused = true;
            report(case, ban_failed(case.client.address));
        }
        _ => {}
    }
    if told {
        return Ok(());
    }
    refuse(case, rule, followed)
}

/// The half threshold is known to be passed only now: the consequence is drawn from what is counted, by a strike of no
/// points, and this request is refused on its account.
fn draw(case: &mut Case<'_>, rule: &Rule) -> Followed {
    let then = rule.consequence(&case.engine.rules, case.subject);
    let (Some(quota), Consequence::Ban(_, term) | Consequence::Hold(_, term)) = (rule.halved, then) else {
        return Followed::Nothing;
    };
    case.defer(Op::Strike { key: rule.key(case.subject), quota, points: 0, then });
    let until = case.now.after(term);
    if matches!(then, Consequence::Ban(..)) { Followed::Ban(until) } else { Followed::Hold(until) }
}

fn refuse(case: &mut Case<'_>, rule: &Rule, followed: Followed) -> Result<(), Refused> {
    use crate::config::BehaviourAction::{Ban, Throttle};
    match (followed, rule.action) {
        (Followed::Ban(_), _) => case.object(Objection::new(Check::Behaviour, 403, "IP has been banned")),
        // Not banned for want of room, but refused like the others.
        (Followed::Refusal, _) => case.object(Objection::new(Check::Behaviour, 403, "Forbidden")),
        (Followed::Hold(until), _) => throttle(case, until.since(case.now)),
        // Passive mode: what would have been answered.
        (Followed::Nothing, Throttle) if case.spares(Check::Behaviour) => throttle(case, rule.term),
        (Followed::Nothing, Ban) if case.spares(Check::Behaviour) => {
            case.object(Objection::new(Check::Behaviour, 403, "IP has been banned"))
        }
        (Followed::Nothing, _) => Ok(()),
    }
}

fn throttle(case: &mut Case<'_>, left: Duration) -> Result<(), Refused> {
    let mut objection = Objection::new(Check::Behaviour, 429, "Too many requests");
    objection.retry_after = Some(left.max(Duration::from_millis(1)));
    case.object(objection)
}

fn find<'r>(case: &Case<'r>, place: Place, index: u16) -> Option<(&'r Rule, &'r str)> {
    let (set, endpoint) = match place {
        Place::Global => (&case.engine.rules.behaviour, "*"),
        Place::Route => case.policy.map(|policy| (&policy.behaviour, policy.name.as_str()))?,
    };
    Some((set.rules.get(usize::from(index))?, endpoint))
}

fn report(case: &mut Case<'_>, draft: Draft) {
    if case.engine.rules.events.has(draft.kind) {
        let event = case.about(draft.kind, draft.action, draft.handler, draft.reason, draft.metadata);
        case.events.push(event);
    }
}
