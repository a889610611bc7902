//! The registry: what is known about each class besides how it is recognised.
//!
//! A new class is a variant of [`Class`], a folder in `classes/`, a row in `rows.rs` and, if it has words, a line in `words.rs`.
//! Everything else (names, default sets, tables of the gate, the catalogue of rules) follows from the rows at compile time.

mod catalogue;
mod definition;
mod names;
mod open;
mod rows;
mod words;

pub(in crate::detect) use open::{candidates, may_hold, open, recogniser};
pub(in crate::detect) use words::WORDS;

#[cfg(test)]
mod tests;
