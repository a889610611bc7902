//! The bytes of a body while they are collected, returned unchanged to the next reader.

use bytes::{Bytes, BytesMut};

/// The maximum that is reserved for a declared `Content-Length`.
const MAX_RESERVE: usize = 64 << 10;

/// The chunks so far. A single chunk, the common case, is not copied; more are joined, because values may span them.
#[derive(Debug, Default)]
pub(crate) enum Replay {
    #[default]
    Empty,
    One(Bytes),
    Joined(BytesMut),
}

impl Replay {
    pub(crate) fn len(&self) -> usize {
        self.bytes().len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Empty => &[],
            Self::One(bytes) => bytes,
            Self::Joined(bytes) => bytes,
        }
    }

    /// Append a chunk; `expected` is the probable length of the whole.
    pub(crate) fn push(&mut self, chunk: Bytes, expected: usize) {
        if chunk.is_empty() {
            return;
        }
        match core::mem::take(self) {
            Self::Empty => *self = Self::One(chunk),
            Self::One(first) => {
                let mut joined =
                    BytesMut::with_capacity(expected.min(MAX_RESERVE).max(first.len() + chunk.len()));
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&chunk);
                *self = Self::Joined(joined);
            }
            Self::Joined(mut joined) => {
                joined.extend_from_slice(&chunk);
                *self = Self::Joined(joined);
            }
        }
    }

    pub(crate) fn freeze(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Joined(bytes) => bytes.freeze(),
        }
    }
}
