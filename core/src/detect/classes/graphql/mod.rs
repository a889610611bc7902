//! GraphQL resource exhaustion (CWE-770): documents that cost too much or expose the schema.
//!
//! A document that nests, repeats or aliases without limit makes a server work out of proportion to its length.
//! Introspection is sent by tools. Both are well-formed, so the amount counts: the limits are well above what clients
//! generate. Introspection is policy and weighs less than an attack, because developer consoles send it each time they
//! are opened.

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
