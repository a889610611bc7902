//! Filters of LDAP and paths of XPath.
//!
//! A value that is put into a filter stands between an attribute and a closing parenthesis. To say something of its own
//! it has to close what it did not open, and open a condition or a junction behind it. Parentheses that balance say
//! nothing: people write them, regular expressions and formulas are full of them, and tools of administrators send whole
//! filters, which count as policy. A value that is put into a path stands in quotes and has to leave them.

mod filter;
mod path;
mod rules;

#[cfg(test)]
mod tests;

use super::Class;
use super::evidence::Evidence;
use super::gate::{byte, word};
use super::recogniser::{Locations, Needs, Recogniser};
use super::rule::Rule;
use super::view::View;
use super::words::Words;

pub(super) static RULES: &[&Rule] = rules::ALL;
/// Names of functions and axes that only paths have, up to their first dash.
pub(super) const WORDS: &[Words] = &[
    (word::XPATH, &["ancestor", "count", "child", "contains", "doc", "name", "node", "parent", "position"]),
    (
        word::XPATH,
        &[
            "comment",
            "descendant",
            "following",
            "local",
            "preceding",
            "self",
            "starts",
            "string",
            "substring",
            "text",
            "translate",
        ],
    ),
];

pub(super) const RECOGNISER: Recogniser = Recogniser {
    class: Class::Ldap,
    places: Locations::ALL,
    needs: Needs { bytes: byte::OPEN | byte::CLOSE | byte::EQUAL | byte::SLASH, ..Needs::NONE },
    may_hold,
    recognise,
};

/// Whether an attack of this class can be in the view.
fn may_hold(view: &View<'_>) -> bool {
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
fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    filter::read(view.bytes, evidence);
    if view.shape.any(byte::QUOTE) && path_like(view) && !evidence.is_enough() {
        path::read(view.bytes, evidence);
    }
}
