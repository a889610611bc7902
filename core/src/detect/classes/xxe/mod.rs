//! XXE (CWE-611): XML with external entities, external inclusion, entity expansion (CWE-776), or code in style sheets.
//!
//! Declarations are read as a parser reads them. A document type alone is no evidence, because HTML and many formats have
//! one; neither is the address of a published standard.

mod dtd;
mod element;
mod rules;
mod text;
pub(in crate::detect) mod words;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::byte;

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    view.shape.any(byte::LESS) && dtd::holds_mark(view.bytes)
        || view.shape.all(byte::PLUS | byte::DASH) && dtd::utf7(view.bytes).is_some()
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if let Some(at) = dtd::utf7(view.bytes) {
        evidence.add(&rules::UTF7, at..at + 7);
    }
    dtd::read(view.bytes, evidence);
    element::read(view.bytes, evidence);
}
