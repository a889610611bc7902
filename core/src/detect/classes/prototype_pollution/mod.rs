//! Prototype pollution (CWE-1321): keys and paths that reach the prototype of JavaScript objects.
//!
//! Names of parameters and keys of documents are read as property paths, as vulnerable programs read them. A JSON key is
//! one step of a path; the view holds the one above it. In a value the path must be assigned or be part of an object,
//! because people who write about prototypes name them.

mod path;
mod rules;
pub(in crate::detect) mod words;

use memchr::memmem;
use path::PROTO;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::byte;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    view.shape.doubled(byte::OTHER) || is_name(view.location) || view.shape.any(byte::EQUAL | byte::COLON)
}

/// Whether such a value is a name.
fn is_name(location: Location) -> bool {
    matches!(location, Location::QueryName | Location::FieldName | Location::JsonKey)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if is_name(view.location) {
        let above = if view.location == Location::JsonKey { view.name } else { b"" };
        if path::reaches_prototype(text, above) {
            evidence.add(&rules::KEY, 0..text.len());
        }
        return;
    }
    if path::is_set(text) {
        evidence.add(&rules::ASSIGNMENT, 0..text.len());
    }
    for at in memmem::find_iter(text, PROTO) {
        work(PROTO.len());
        let before = text[..at].last();
        let after = text[at + PROTO.len()..].trim_ascii_start();
        let quoted = matches!(before, Some(b'"' | b'\'')) && after.first() == before;
        if quoted && after[1..].trim_ascii_start().starts_with(b":") {
            evidence.add(&rules::MEMBER, at..at + PROTO.len());
            if text.trim_ascii_start().starts_with(b"{") {
                evidence.add(&rules::DOCUMENT, 0..at + PROTO.len());
            }
        }
        if before == Some(&b':') && after.starts_with(b":") {
            evidence.add(&rules::REFERENCE, at - 1..at + PROTO.len() + 1);
        }
    }
}
