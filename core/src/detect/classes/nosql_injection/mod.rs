//! NoSQL injection (CWE-943): query operators of document stores, and the JavaScript that such stores run.
//!
//! Where a name is expected, an operator changes the query: `password[$ne]=1`, `{"user": {"$gt": ""}}`. APIs that accept
//! queries receive operators all day, so evidence is a secret that is compared by anything but equality, a name that is
//! compared so that all match, or an operator that runs code. Where a value is expected, it has to end its string, or
//! begin in the middle of a statement, and continue as a query or a script. `$` alone is no evidence: prices, JSON
//! Schema, OData and templates contain it.

mod operator;
mod rules;
mod script;
mod token;
pub(in crate::detect) mod words;

#[cfg(test)]
mod tests;

use memchr::memmem;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::{byte, word};
use operator::Operator;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    if names(view.location) {
        return shape.any(byte::DOLLAR) && operator::in_name(view).is_some();
    }
    shape.any(byte::DOLLAR) && shape.any(byte::COLON) && has_operator(value)
        || shape.doubled(byte::EQUAL) && shape.doubled(byte::PIPE | byte::AMPERSAND)
        || shape.word(word::NOSQL_SCRIPT)
            && shape.any(byte::OPEN | byte::BRACKET | byte::EQUAL | byte::SEMICOLON)
            && [&b"this."[..], b"this[", b"db.", b"Date", b"sleep(", b"return"]
                .into_iter()
                .any(|part| memmem::find(value, part).is_some())
}

/// Whether the inputs of this location are names.
const fn names(location: Location) -> bool {
    matches!(location, Location::JsonKey | Location::QueryName | Location::FieldName)
}

fn has_operator(value: &[u8]) -> bool {
    memchr::memchr_iter(b'$', value).any(|at| Operator::named(operator::word(&value[at + 1..])).is_some())
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if names(view.location) {
        if let Some(found) = operator::in_name(view) {
            let rule = operator::rule_for(found.operator, found.field, view.content);
            evidence.add(&rules::OPERATOR, 0..view.bytes.len());
            rule.into_iter().for_each(|rule| evidence.add(rule, 0..view.bytes.len()));
        }
        return;
    }
    let contexts = [
        (None, true),
        (Some(b'\''), view.shape.any(byte::SINGLE_QUOTE)),
        (Some(b'"'), view.shape.any(byte::DOUBLE_QUOTE)),
    ];
    for (inside, occurs) in contexts {
        if occurs && !evidence.is_enough() {
            let mut reading = evidence.empty_copy();
            script::read(view, inside, &mut reading);
            if reading.outweighs(evidence) {
                *evidence = reading;
            }
        }
    }
}
