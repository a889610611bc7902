//! Views: a value after decoding.
//!
//! A value is read as it is and, only where it contains the marker of an encoding, decoded. Every decoder shrinks or
//! keeps the length and reads each byte once, so all views of a value together cost a small multiple of its length. The
//! depth of percent encoding is kept as evidence: benign clients encode once.

use crate::detect::decode::Decodings;
use crate::detect::evidence::{ClassSet, Input, Location};
use crate::detect::gate::Shape;

/// One view of one value: what a recogniser reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'v> {
    /// The bytes after all `decodings`.
    pub(crate) bytes: &'v [u8],
    /// What the gate saw in them.
    pub(crate) shape: Shape,
    /// Where the value came from.
    pub(crate) location: Location,
    /// The parameter, header, cookie or field it belongs to; of a name, the name above it.
    pub(crate) name: &'v [u8],
    /// Of a name, its value: the value of a parameter, the document after a JSON key.
    pub(crate) content: &'v [u8],
    /// What was undone.
    pub(crate) decodings: Decodings,
    /// The deepest nesting of percent escapes: 1 is what every client sends, 2 and more hides something.
    pub(crate) depth: u8,
    /// The classes that open on it, once determined.
    pub(crate) open: Option<ClassSet>,
}

impl<'v> View<'v> {
    /// The value as it came. `content` is the value of a name.
    #[inline]
    pub(crate) fn raw(input: &Input<'v>, content: &'v [u8]) -> Self {
        let Input { location, name, value } = *input;
        Self {
            bytes: value,
            shape: Shape::of(value),
            location,
            name,
            content,
            decodings: Decodings::RAW,
            depth: 0,
            open: None,
        }
    }
}
