//! The gate: one pass over a value that decides whether anything interesting can be in it.
//!
//! Most values are plain ([`is_plain`]): they are read until the first byte that is not, and if there is none, that is all.
//! What is left is read once more for its [`Shape`]: which kinds of byte and of word are in it. A class opens
//! when what its attacks cannot do without is there, which look-ups on the shape tell; most benign values open none. The
//! gate may open too often, which costs time; it must never stay shut on an attack that a recogniser would confirm.

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
