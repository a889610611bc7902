//! stub
use super::evidence::Evidence;
use super::gate::Shape;
use super::rule::Rule;
use super::view::View;
use super::words::Words;
pub(super) static RULES: &[&Rule] = &[];
pub(super) const WORDS: &[Words] = &[];
pub(super) fn opens(_shape: Shape, _value: &[u8]) -> bool {
    false
}
pub(super) fn recognise(_view: &View<'_>, _evidence: &mut Evidence) {}
