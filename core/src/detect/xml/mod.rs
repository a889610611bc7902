//! XML that reaches beyond its document: external entities, documents included from elsewhere, entities that grow, code in
//! style sheets.
//!
//! Declarations are read as a parser reads them. A document type as such is no evidence, for HTML and many formats have
//! one; neither is the address of a definition that a standard publishes.

mod dtd;
mod element;
mod rules;

use super::Class;
use super::evidence::Evidence;
use super::gate::{byte, word};
use super::recogniser::{Locations, Needs, Recogniser};
use super::rule::Rule;
use super::view::View;
use super::words::Words;

#[cfg(test)]
mod tests;

pub(super) static RULES: &[&Rule] = rules::ALL;
/// Words of declarations and elements that reach outside; `adwaiq` is `<!` in UTF-7.
pub(super) const WORDS: &[Words] = &[(
    word::XML_OUTSIDE,
    &["adwaiq", "doctype", "entity", "include", "msxsl", "php", "schemalocation", "xalan"],
)];

pub(super) const RECOGNISER: Recogniser = Recogniser {
    class: Class::Xml,
    places: Locations::ALL,
    needs: Needs { words: word::XML_OUTSIDE, ..Needs::NONE },
    may_hold,
    recognise,
};

/// Whether an attack of this class can be in the view.
fn may_hold(view: &View<'_>) -> bool {
    view.shape.any(byte::LESS) && dtd::holds_mark(view.bytes)
        || view.shape.all(byte::PLUS | byte::DASH) && dtd::utf7(view.bytes).is_some()
}

/// Add the evidence for this class in `view`.
fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if let Some(at) = dtd::utf7(view.bytes) {
        evidence.add(&rules::UTF7, at..at + 7);
    }
    dtd::read(view.bytes, evidence);
    element::read(view.bytes, evidence);
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
