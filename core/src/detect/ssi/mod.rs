//! Server-side includes.

mod rules;

use super::Class;
use super::evidence::Evidence;
use super::recogniser::{Needs, Recogniser};
use super::rule::Rule;
use super::view::View;

pub(super) static RULES: &[&Rule] = rules::ALL;

pub(super) const RECOGNISER: Recogniser =
    Recogniser { class: Class::Ssi, needs: Needs::NONE, may_hold, recognise };

/// Whether an attack of this class can be in the view.
fn may_hold(_view: &View<'_>) -> bool {
    false
}

/// Add the evidence for this class in `view`.
fn recognise(_view: &View<'_>, _evidence: &mut Evidence<'_>) {}
