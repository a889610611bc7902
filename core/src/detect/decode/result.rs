//! What a decoder did.

use crate::detect::decode::Decodings;

/// What a decoder did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodeResult {
    /// The encodings that occurred; [`Decodings::RAW`] when the input is unchanged.
    pub(crate) decodings: Decodings,
    /// The deepest nesting of percent escapes; an overlong spelling counts as one more level.
    pub(crate) depth: u8,
}

impl DecodeResult {
    pub(super) fn add(&mut self, decoding: Decodings) {
        self.decodings = self.decodings.and(decoding);
    }
}
