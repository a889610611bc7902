//! Rate limits, bans and behaviour rules.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use super::super::conversion::{Conversion, entry, positive, text};
use super::super::value;
use crate::config::node::Node;
use crate::config::values::Choice;
use crate::config::{
    BehaviourAction, BehaviourKind, BehaviourRule, ByteSize, ClassBan, EndpointRate, HumanDuration,
    OnUnavailable, Rate, ReturnPattern, StrikeReason,
};
use crate::detect::Class;
use crate::request::canonical_path::configured_path;
use crate::rules::ban::MAX_CLASSES;
use crate::state::Quota;

pub(in crate::compat::settings) fn rate_enabled(c: &mut Conversion<'_>) {
    c.config.rate.enabled = c.on();
}

/// A limit of the family, where a limit or window of zero rejects every request.
fn rate(limit: i64, window: i64) -> Result<Rate, String> {
    let limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
    let limit =
        limit.ok_or("would reject every request; write 1 or more, or set `enable_rate_limiting` to false")?;
    let window = u64::try_from(window).ok().map(Duration::from_secs);
    let window = window.filter(|window| !window.is_zero() && *window <= Quota::MAX_WINDOW);
    let window = window.ok_or("needs a window of 1 to 2678400 seconds")?;
    Ok(Rate::per(limit, window))
}

pub(in crate::compat::settings) fn rate_limit(c: &mut Conversion<'_>) {
    match rate(c.int("rate_limit"), c.int("rate_limit_window")) {
        Ok(rate) => c.config.rate.limit = Some(rate),
        Err(problem) => c.error(problem),
    }
}

pub(in crate::compat::settings) fn endpoints(c: &mut Conversion<'_>) {
    let Node::Table(entries) = c.own() else { return };
    for (path, pair) in entries {
        let numbers = match pair {
            Node::List(pair) => pair.iter().map(value::integer).collect::<Result<Vec<i64>, String>>(),
            _ => Err("expected a limit and a window in seconds".into()),
        };
        let limit = numbers.and_then(|numbers| match numbers.as_slice() {
            [limit, window] => rate(*limit, *window),
            _ => Err("expected a limit and a window in seconds".into()),
        });
        match limit {
            Ok(_) if !path.starts_with('/') => {
                c.approximate(format!("`{path}` matches no request, there and here: it is dropped"));
            }
            Ok(limit) => match configured_path(path) {
                Ok(_) => c.config.rate.endpoint.push(EndpointRate::new(path, limit)),
                Err(problem) => c.approximate(format!("{problem}: it is dropped")),
            },
            Err(problem) => c.error_at(format!(".{path}"), problem),
        }
    }
}

pub(in crate::compat::settings) fn strikes(c: &mut Conversion<'_>) {
    if c.on() && !c.bool("enable_ip_banning") {
        c.no_effect("`enable_ip_banning` is off");
    } else {
        c.config.rate.strikes = c.on();
    }
}

pub(in crate::compat::settings) fn ban_enabled(c: &mut Conversion<'_>) {
    c.config.ban.enabled = c.on();
}

pub(in crate::compat::settings) fn ban_threshold(c: &mut Conversion<'_>) {
    c.config.ban.threshold = c.number();
    c.config.ban.window = HumanDuration(Quota::MAX_WINDOW);
    c.approximate("strikes expire after 31 days; in the family they are kept until a restart");
}

pub(in crate::compat::settings) fn ban_duration(c: &mut Conversion<'_>) {
    c.config.ban.duration = HumanDuration::secs(c.number());
}

pub(in crate::compat::settings) fn class_bans(c: &mut Conversion<'_>) {
    let Node::Table(entries) = c.own() else { return };
    let strikes = c.config.rate.strikes;
    for (category, ban) in entries {
        let class = match Class::of_family(category) {
            Some(class) => StrikeReason::Attack(class),
            None if category == RATE_LIMIT => StrikeReason::RateLimit,
            None => {
                c.error_at(format!(".{category}"), "is not a category");
                continue;
            }
        };
        let numbers =
            positive(ban, "threshold").and_then(|threshold| Ok((threshold, positive(ban, "duration")?)));
        match numbers {
            Ok((threshold, duration)) if class != StrikeReason::RateLimit || strikes => {
                let ban = ClassBan::new(class, threshold, Duration::from_secs(duration.into()));
                add_class_ban(&mut c.config.ban.class, ban);
            }
            Ok(_) => {}
            Err(problem) => c.error_at(format!(".{category}"), problem),
        }
    }
    let dropped = keep_strictest(&mut c.config.ban.class);
    if !dropped.is_empty() {
        c.approximate(format!(
            "at most {MAX_CLASSES} classes have a threshold of their own here: the strictest; `{}` count only toward \
             `ban.threshold`",
            dropped.join("`, `")
        ));
    } else if !strikes && entries.iter().any(|(category, _)| category == RATE_LIMIT) {
        c.approximate(format!("`{RATE_LIMIT}` has no effect while `rate.strikes` is false"));
    } else if !entries.is_empty() {
        c.approximate("categories of one class share the lowest threshold");
    }
}

/// The family's category of exceeded rate limits.
const RATE_LIMIT: &str = "rate_limit";

/// Add a ban. If several categories map to one class, the strictest ban is kept.
fn add_class_ban(bans: &mut Vec<ClassBan>, ban: ClassBan) {
    match bans.iter_mut().find(|known| known.class == ban.class) {
        Some(known) if known.threshold <= ban.threshold => {}
        Some(known) => *known = ban,
        None => bans.push(ban),
    }
}

/// Keep at most [`MAX_CLASSES`] bans: those with the lowest thresholds and, among equals, the longest duration. Returns the
/// classes of the others.
fn keep_strictest(bans: &mut Vec<ClassBan>) -> Vec<&'static str> {
    let mut order: Vec<usize> = (0..bans.len()).collect();
    order.sort_by_key(|at| (bans[*at].threshold, Reverse(bans[*at].duration.0)));
    order.truncate(MAX_CLASSES);
    let mut dropped = Vec::new();
    let mut at = 0;
    bans.retain(|ban| {
        let kept = order.contains(&at);
        at += 1;
        if !kept {
            dropped.extend(ban.class.map(StrikeReason::name));
        }
        kept
    });
    dropped
}

pub(in crate::compat::settings) fn behaviour(c: &mut Conversion<'_>) {
    let Node::List(nodes) = c.own() else { return };
    let mut newly_active = false;
    for (index, node) in nodes.iter().enumerate() {
        match rule(node, c.bool("behavior_scan_response_body")) {
            Ok(rule) => {
                newly_active |= rule.kind != BehaviourKind::ReturnPattern;
                c.config.behaviour.rule.push(rule);
            }
            Err(problem) => c.error_at(format!("[{index}]"), problem),
        }
    }
    if newly_active {
        c.approximate("rules of `usage` and `frequency` are active here; the family parses them and does not evaluate them");
    }
}

fn rule(node: &Node, scans_bodies: bool) -> Result<BehaviourRule, String> {
    let Node::Table(_) = node else { return Err(format!("expected a rule, found {}", node.kind())) };
    let mut rule = BehaviourRule { kind: word(node, "rule_type")?, ..BehaviourRule::default() };
    rule.threshold = positive(node, "threshold")?;
    if *entry(node, "window") != Node::Null {
        rule.window = HumanDuration::secs(positive(node, "window")?.into());
    }
    if *entry(node, "action") != Node::Null {
        rule.action = word::<BehaviourAction>(node, "action")?;
    }
    if *entry(node, "ban_duration") != Node::Null && rule.action == BehaviourAction::Ban {
        rule.ban_for = HumanDuration::secs(positive(node, "ban_duration")?.into());
    }
    if *entry(node, "correlate_with_detection") != Node::Null {
        rule.correlate = value::boolean(entry(node, "correlate_with_detection"))?;
    }
    if rule.kind == BehaviourKind::ReturnPattern {
        let pattern = text(entry(node, "pattern")).ok_or("a `return_pattern` rule needs a `pattern`")?;
        if !pattern.starts_with("status:") && !scans_bodies {
            return Err("a pattern that is not `status:` needs `behavior_scan_response_body`".into());
        }
        rule.pattern = Some(pattern.parse::<ReturnPattern>()?);
    }
    Ok(rule)
}

fn word<T: Choice>(node: &Node, name: &str) -> Result<T, String> {
    let word = value::text(entry(node, name)).map_err(|problem| format!("`{name}`: {problem}"))?;
    let found = T::OPTIONS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    let known: Vec<&str> = T::OPTIONS.iter().map(|(known, _)| *known).collect();
    found.ok_or_else(|| format!("`{name}`: `{word}` is not one of `{}`", known.join("`, `")))
}

pub(in crate::compat::settings) fn inspect_responses(c: &mut Conversion<'_>) {
    c.config.behaviour.inspect_responses = c.on();
}

pub(in crate::compat::settings) fn response_prefix(c: &mut Conversion<'_>) {
    c.config.behaviour.response_prefix = ByteSize(c.number());
}

pub(in crate::compat::settings) fn fail_open(c: &mut Conversion<'_>) {
    if !c.bool("enable_redis") {
        return;
    }
    let on_unavailable = if c.on() { OnUnavailable::Local } else { OnUnavailable::Deny };
    c.config.rate.on_unavailable = on_unavailable;
    c.config.ban.on_unavailable = on_unavailable;
    c.approximate(if c.on() {
        "while the store is unavailable the process counts locally; lists and detection are not affected"
    } else {
        "while the store is unavailable requests are rejected with 503"
    });
}
