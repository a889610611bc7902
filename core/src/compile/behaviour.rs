//! From the behaviour rules of the configuration or a policy to [`RuleSet`].

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;

use super::body_patterns::BodyPattern;
use super::limits::{MAX_BAN, range, span};
use crate::config::{
    Behaviour, BehaviourAction, BehaviourKind, BehaviourRule, ConfigErrors, HumanDuration, Rate,
    ReturnPattern, StatusPattern,
};
use crate::rules::behaviour::{Rule, RuleSet, Throttle, Trigger};
use crate::rules::body_patterns::BodyPatterns;
use crate::rules::status::StatusSet;
use crate::state::{Key, Quota};

/// The maximum number of rules of one set: their numbers have 16 bits, and each takes time for every response.
const MAX_RULES: usize = 4096;
const SECOND: Duration = Duration::from_secs(1);

/// The rules of the configuration.
pub(crate) fn global(behaviour: &Behaviour, errors: &mut ConfigErrors) -> RuleSet {
    range(errors, "behaviour.response_prefix", behaviour.response_prefix.0, 1 << 10..=10 << 20);
    span(errors, "behaviour.throttle_for", behaviour.throttle_for, SECOND, Quota::MAX_WINDOW);
    let mut set = compile("", &behaviour.rule, "behaviour.rule", behaviour, errors);
    let statuses = |codes: &[u16]| codes.iter().copied().map(StatusPattern::from).collect::<StatusSet>();
    for (rate, name, codes) in [
        (behaviour.not_found, "not_found", &[404][..]),
        (behaviour.enumeration, "enumeration", &[401, 403, 404, 405, 410]),
    ] {
        if let Some(rate) = rate {
            let rule = status_rule(rate, name, statuses(codes), behaviour.throttle_for.0);
            set.add(rule);
        }
    }
    set
}

/// The rules of a policy.
pub(crate) fn of_route(
    name: &str,
    rules: &[BehaviourRule],
    path: &str,
    behaviour: &Behaviour,
    errors: &mut ConfigErrors,
) -> RuleSet {
    compile(name, rules, path, behaviour, errors)
}

fn compile(
    policy: &str,
    rules: &[BehaviourRule],
    path: &str,
    behaviour: &Behaviour,
    errors: &mut ConfigErrors,
) -> RuleSet {
    let mut set = RuleSet::default();
    let mut bodies = Vec::new();
    let mut names: Vec<String> = Vec::new();
    if rules.len() > MAX_RULES {
        errors.push(path, format!("has {} entries; at most {MAX_RULES} fit", rules.len()));
        return set;
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{path}[{index}]");
        range(errors, &format!("{path}.threshold"), rule.threshold, 1..=u32::MAX - 1);
        span(errors, &format!("{path}.window"), rule.window, SECOND, Quota::MAX_WINDOW);
        span(errors, &format!("{path}.ban_for"), rule.ban_for, SECOND, MAX_BAN);
        span(errors, &format!("{path}.throttle_for"), rule.throttle_for, SECOND, Quota::MAX_WINDOW);
        let trigger = match trigger(rule, behaviour) {
            Ok((trigger, None)) => trigger,
            Ok((trigger, Some(body))) => {
                bodies.push((body, index));
                trigger
            }
            Err(problem) => {
                errors.push(format!("{path}.pattern"), problem);
                continue;
            }
        };
        // Equal rules have separate counters.
        let pattern = text_of(rule);
        let name = format!("behaviour\0{policy}\0{:?}\0{pattern}\0{}", rule.kind, rule.window);
        let before = names.iter().filter(|known| **known == name).count();
        let number = Key::rule_of(&format!("{name}\0{before}"));
        names.push(name);
        set.add(compile_rule(number, policy, rule, trigger));
    }
    match BodyPatterns::compile(bodies, usize::try_from(behaviour.response_prefix.0).unwrap_or(usize::MAX)) {
        Ok(bodies) => set.bodies = bodies,
        Err((index, problem)) => errors.push(format!("{path}[{index}].pattern"), problem),
    }
    set
}

/// The trigger of a rule, and its pattern of response bodies.
fn trigger(rule: &BehaviourRule, behaviour: &Behaviour) -> Result<(Trigger, Option<BodyPattern>), String> {
    let is_empty = |pattern: &ReturnPattern| *pattern == ReturnPattern::Text(String::new());
    let pattern = match (rule.kind, &rule.pattern) {
        (BehaviourKind::ReturnPattern, Some(pattern)) if !is_empty(pattern) => pattern,
        (BehaviourKind::ReturnPattern, _) => {
            return Err("is missing; write `status:404`, `json:path==value`, `regex:...` or a text".into());
        }
        (_, None) => return Ok((Trigger::Requests, None)),
        (_, Some(_)) => return Err("has no effect; set `kind` to `return_pattern`, or remove it".into()),
    };
    if let ReturnPattern::Status(statuses) = pattern {
        return Ok((Trigger::Statuses([statuses.checked()?].into_iter().collect()), None));
    }
    if !behaviour.inspect_responses {
        return Err(format!("`{pattern}` is about response bodies; set `behaviour.inspect_responses`"));
    }
    Ok((Trigger::Bodies, Some(BodyPattern::new(pattern)?)))
}

/// The pattern of a rule in events and in the name of its counter.
fn text_of(rule: &BehaviourRule) -> String {
    rule.pattern.as_ref().map(ReturnPattern::to_string).unwrap_or_default()
}

fn compile_rule(number: u64, policy: &str, rule: &BehaviourRule, trigger: Trigger) -> Rule {
    let quota = |threshold: u32| {
        Quota::new(NonZeroU32::new(threshold.saturating_add(1)).unwrap_or(NonZeroU32::MAX), rule.window.0)
    };
    Rule {
        rule: number,
        kind: rule.kind,
        trigger,
        pattern: text_of(rule),
        threshold: rule.threshold,
        quota: quota(rule.threshold),
        halved: rule.correlate.then(|| quota((rule.threshold / 2).max(1))),
        action: rule.action,
        term: if rule.action == BehaviourAction::Ban { rule.ban_for.0 } else { rule.throttle_for.0 },
        throttle: throttle(policy, rule.throttle_for.0),
    }
}

/// The rule of a single field: more responses with these statuses than `rate` throttle a client.
fn status_rule(rate: Rate, name: &str, statuses: StatusSet, term: Duration) -> Rule {
    let quota = rate.quota();
    let rule = BehaviourRule {
        kind: BehaviourKind::ReturnPattern,
        threshold: quota.limit(),
        window: HumanDuration(quota.window()),
        pattern: Some(ReturnPattern::Text(name.into())),
        action: BehaviourAction::Throttle,
        throttle_for: HumanDuration(term),
        ..BehaviourRule::default()
    };
    compile_rule(Key::rule_of(&format!("behaviour\0\0{name}")), "", &rule, Trigger::Statuses(statuses))
}

/// The throttle that all rules of one policy with this duration share.
fn throttle(policy: &str, term: Duration) -> Throttle {
    Throttle { rule: Key::rule_of(&format!("hold\0{policy}\0{}", term.as_millis())), term }
}

impl RuleSet {
    fn add(&mut self, rule: Rule) {
        if let Trigger::Statuses(statuses) = &rule.trigger {
            self.statuses.add_all(statuses);
        }
        if rule.action == BehaviourAction::Throttle && !self.throttles.contains(&rule.throttle) {
            self.throttles.push(rule.throttle);
        }
        self.correlates |= rule.halved.is_some();
        self.rules.push(rule);
    }
}
