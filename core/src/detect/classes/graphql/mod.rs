//! GraphQL documents that cost or tell too much.
//!
//! A document that nests, repeats or aliases without end makes a server do work out of proportion to its length, and one
//! that asks for the schema is read by tools, not by people. Neither is malformed, so what counts is how much of it there
//! is: the limits lie well above what clients generate. Asking for the schema is policy: it weighs less than an attack,
//! because the consoles of developers ask for it each time they are opened.

mod document;
mod fragments;
mod rules;

#[cfg(test)]
mod tests;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::lang::graphql::{BATCHED, looks_like_graphql};

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view: whether it is a document where servers look for one.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let place = match view.location {
        Location::Json | Location::Query | Location::Field | Location::Part => view.name == b"query",
        Location::Graphql => view.name == BATCHED,
        Location::Text | Location::Message => true,
        _ => false,
    };
    place && looks_like_graphql(view.bytes)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if view.location == Location::Graphql {
        evidence.add(&rules::BATCH, 0..view.bytes.len());
        return;
    }
    document::read(view.bytes, evidence);
}
