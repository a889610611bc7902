//! SQL injection (CWE-89): a value that leaves its operand in a query and continues as SQL.
//!
//! The value is read as SQL tokens up to three times: as it is, and as if it began inside of a single-quoted or a
//! double-quoted string. Each reading collects its own evidence, and the best one counts; readings are not added up,
//! because the database sees the value in one way only. This must never become a search for words: SQL in prose passes.

mod cast;
mod gate;
mod keyword;
mod kind;
mod reader;
mod rules;
mod token;
pub(in crate::detect) mod words;

#[cfg(test)]
mod tests;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::byte;

pub(in crate::detect) use gate::may_hold;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let contexts = [
        (None, true),
        (Some(b'\''), view.shape.any(byte::SINGLE_QUOTE)),
        (Some(b'"'), view.shape.any(byte::DOUBLE_QUOTE)),
    ];
    for (inside, occurs) in contexts {
        if !occurs {
            continue;
        }
        let mut reading = evidence.empty_copy();
        reader::read(view.bytes, view.location == Location::Path, inside, &mut reading);
        if view.depth >= 2 && reading.full_score() > 0 {
            reading.add(&rules::OBFUSCATED, 0..view.bytes.len());
        }
        if reading.outweighs(evidence) {
            *evidence = reading;
        }
        if evidence.is_enough() {
            return;
        }
    }
}
