//! The registry of classes.
//!
//! A new class is a variant of [`Class`](crate::detect::Class), a folder in `classes/`, a row in `rows.rs` and, if it has
//! words, a line in `words.rs`. Names, default sets, tables of the gate and the catalogue of rules follow from the rows
//! at compile time.

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
