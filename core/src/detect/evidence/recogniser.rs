//! What reads the language of a class, and what has to be in a value before it is called.

use crate::detect::decode::View;
use crate::detect::evidence::Evidence;

/// What reads the language of one class.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Recogniser {
    /// Whether an attack of this class can be in the view. May be true too often, which costs time; never false for what
    /// `recognise` would confirm.
    pub(in crate::detect) may_hold: fn(&View<'_>) -> bool,
    /// Add the evidence for this class in the view.
    pub(in crate::detect) recognise: fn(&View<'_>, &mut Evidence<'_>),
}

/// Kinds of byte and of word, of which a value has to hold one.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Needs {
    /// Union of [`byte`](crate::detect::gate::byte) bits.
    pub(in crate::detect) bytes: u32,
    /// Union of [`byte`](crate::detect::gate::byte) bits of bytes that occur twice in a row.
    pub(in crate::detect) doubled: u32,
    /// Union of [`byte`](crate::detect::gate::byte) bits of bytes that follow a dot.
    pub(in crate::detect) after_dot: u32,
    /// Union of [`word`](crate::detect::gate::word) bits.
    pub(in crate::detect) words: u32,
}

impl Needs {
    pub(in crate::detect) const NONE: Self = Self { bytes: 0, doubled: 0, after_dot: 0, words: 0 };

    pub(in crate::detect) const fn kinds(self) -> [u32; 4] {
        [self.bytes, self.doubled, self.after_dot, self.words]
    }
}
