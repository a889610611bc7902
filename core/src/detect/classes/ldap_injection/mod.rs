//! LDAP injection (CWE-90), and XPath injection (CWE-643).
//!
//! A value in a filter is between an attribute and a closing parenthesis. An injection closes a parenthesis that it did
//! not open and opens a condition or a junction after it. Balanced parentheses are no evidence: prose, regular
//! expressions and formulas contain them, and administration tools send whole filters, which count as policy. A value in
//! an XPath is in quotes and has to end them.

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
