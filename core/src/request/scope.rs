//! The scope of the checks of one request: the stages that its configuration skips, and the classes with which it is inspected.

use crate::detect::ClassSet;
use crate::rules::skips::SkipSet;
use crate::rules::{Policy, Rules};
use crate::verdict::Ticket;

/// What a request skips by its configuration.
pub(crate) fn skips(rules: &Rules, policy: Option<&Policy>, is_nested: bool) -> SkipSet {
    match policy {
        None if is_nested => rules.skips.with(SkipSet::NESTED),
        None => rules.skips,
        Some(policy) if is_nested => policy.nested_skips,
        Some(policy) => policy.skips,
    }
}

/// The classes of a request, for its head and its body.
pub(crate) fn classes(
    rules: &Rules,
    policy: Option<&Policy>,
    outer: Option<&Ticket>,
) -> (Option<ClassSet>, Option<ClassSet>) {
    if let Some(outer) = outer {
        return added_classes(rules, policy, outer);
    }
    let enabled = policy.and_then(|policy| policy.source.detect).unwrap_or(rules.detect.enabled);
    let classes = policy.and_then(|policy| policy.classes).unwrap_or(rules.detect.classes);
    let classes = enabled.then_some(classes);
    (classes, classes)
}

/// The classes that the policy of an inner guard adds to those of the outer one. A policy that does not mention detection adds
/// none.
fn added_classes(
    rules: &Rules,
    policy: Option<&Policy>,
    outer: &Ticket,
) -> (Option<ClassSet>, Option<ClassSet>) {
    let Some(policy) = policy else { return (None, None) };
    let source = &policy.source;
    let enabled = source.detect.unwrap_or(rules.detect.enabled);
    let adds = enabled && (source.detect.is_some() || source.classes.is_some());
    let adds_body = adds || enabled && source.body.is_some();
    let classes = policy.classes.unwrap_or(rules.detect.classes);
    let added =
        |adds: bool, inspected| Some(classes.except(inspected)).filter(|classes| adds && !classes.is_empty());
    (added(adds, outer.head_classes), added(adds_body, outer.body_classes))
}
