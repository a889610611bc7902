//! Problems of a configured list.

use alloc::string::String;

/// What is wrong with a list or with one of its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The entry; `None` for the list as a whole.
    pub(crate) index: Option<usize>,
    /// The field of the entry; empty for the entry as a whole.
    pub(crate) field: String,
    pub(crate) text: String,
}

impl Problem {
    pub(super) fn at(index: usize, field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { index: Some(index), field: field.into(), text: text.into() }
    }
}
