//! Filters of LDAP and paths of XPath.
//!
//! A value that is put into a filter stands between an attribute and a closing parenthesis. To say something of its own
//! it has to close what it did not open, and open a condition or a junction behind it. Parentheses that balance say
//! nothing: people write them, regular expressions and formulas are full of them, and tools of administrators send whole
//! filters, which count as policy. A value that is put into a path stands in quotes and has to leave them.

mod filter;
mod path;
mod rules;
pub(in crate::detect) mod words;

#[cfg(test)]
mod tests;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::{byte, word};

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let shape = view.shape;
    let filter = shape.any(byte::CLOSE | byte::OPEN) && shape.any(byte::EQUAL | byte::AMPERSAND | byte::PIPE)
        || shape.all(byte::CLOSE | byte::CONTROL)
        || shape.all(byte::COLON | byte::EQUAL | byte::DIGIT) && !shape.any(byte::QUOTE | byte::LESS);
    filter && filter::may_hold(view.bytes) || shape.any(byte::QUOTE) && path_like(view)
}

fn path_like(view: &View<'_>) -> bool {
    let shape = view.shape;
    shape.word(word::XPATH) && (shape.any(byte::OPEN) || shape.doubled(byte::COLON))
        || shape.doubled(byte::SLASH) && shape.any(byte::PIPE | byte::EQUAL | byte::BRACKET | byte::BLANK)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    filter::read(view.bytes, evidence);
    if view.shape.any(byte::QUOTE) && path_like(view) && !evidence.is_enough() {
        path::read(view.bytes, evidence);
    }
}
