//! The gate: one pass over a value that decides which classes can match.
//!
//! Most values are plain ([`is_plain`]) and need no more than that. The others are read once more for their [`Shape`]:
//! the kinds of byte and word in them. A class opens when the kinds that its attacks need are present; most benign values
//! open no class. The gate may open too often, which costs time; it must open on every attack that a recogniser would
//! confirm.

mod kinds;
mod memo;
mod plain;
mod shape;
mod words;

pub(crate) use kinds::{Words, byte, kind_of, word};
pub(crate) use memo::{Memo, MemoFact};
pub(crate) use plain::{is_plain, is_plain_alone, plain_run};
pub(crate) use shape::Shape;
pub(crate) use words::{word_at, word_kind, word_kind_at};
