//! Space for decoding: a few byte buffers that are borrowed and given back.
//!
//! How many are needed at once depends on how deeply a body nests, which is bounded; a warm pool allocates nothing.

use alloc::vec::Vec;

/// Buffers that nobody uses at the moment.
#[derive(Default)]
pub(crate) struct Buffers(Vec<Vec<u8>>);

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty buffer.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let mut buffer = self.0.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Give a buffer back for the next taker.
    pub(crate) fn give(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 {
            self.0.push(buffer);
        }
    }

    /// Free what is kept beyond `keep` bytes altogether, the largest buffers first.
    pub(crate) fn trim(&mut self, keep: usize) {
        let kept = |buffers: &[Vec<u8>]| buffers.iter().map(Vec::capacity).sum::<usize>();
        while kept(&self.0) > keep {
            let largest = self.0.iter().enumerate().max_by_key(|(_, buffer)| buffer.capacity());
            let Some((index, _)) = largest else { return };
            self.0.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_lent_again_and_empty() {
        let mut buffers = Buffers::new();
        let mut first = buffers.take();
        first.extend_from_slice(b"secret");
        let place = first.as_ptr();
        buffers.give(first);
        let again = buffers.take();
        assert!(again.is_empty() && again.as_ptr() == place);
    }

    #[test]
    fn the_largest_are_freed_first() {
        let mut buffers = Buffers::new();
        for size in [10, 1000, 100] {
            buffers.give(Vec::with_capacity(size));
        }
        buffers.trim(200);
        let mut kept: Vec<_> = buffers.0.iter().map(Vec::capacity).collect();
        kept.sort_unstable();
        assert_eq!(kept, [10, 100]);
    }
}
