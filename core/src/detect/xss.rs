//! stub
use super::evidence::Evidence;
use super::gate::Shape;
use super::rule::Rule;
use super::view::View;
use super::words::Words;

pub(super) static RULES: &[&Rule] = &[];
pub(super) const WORDS: &[Words] = &[];

/// Whether an attack of this class can be in a value of this shape.
pub(super) fn opens(_shape: Shape, _value: &[u8]) -> bool {
    false
}

/// Add the evidence for this class in `view`.
pub(super) fn recognise(_view: &View<'_>, _evidence: &mut Evidence) {}
