//! The bytes of a body while they are collected, returned unchanged to the next reader.

use bytes::{Bytes, BytesMut};

/// The maximum that is reserved for a declared `Content-Length`, in multiples of the bytes received: a client that declares a
/// long body and sends little of it holds little memory.
const MAX_RESERVE_RATIO: usize = 4;

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
                let received = first.len() + chunk.len();
                let reserve = expected.min(received.saturating_mul(MAX_RESERVE_RATIO));
                let mut joined = BytesMut::with_capacity(reserve.max(received));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_length_reserves_no_more_than_a_multiple_of_the_bytes_received() {
        let mut replay = Replay::Empty;
        for _ in 0..2 {
            replay.push(Bytes::from_static(&[b'a'; 512]), 64 << 10);
        }
        let Replay::Joined(joined) = &replay else { panic!("two chunks") };
        assert!(joined.capacity() <= 4 << 10, "{}", joined.capacity());
        assert_eq!(replay.freeze(), [b'a'; 1024][..]);
    }
}
