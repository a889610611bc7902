//! A pool of byte buffers for decoding.
//!
//! The number in use depends on the depth to which a body nests, which is bounded; a warm pool does not allocate.

use alloc::vec::Vec;

/// The free buffers.
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

    /// Return a buffer to the pool.
    pub(crate) fn give(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 {
            self.0.push(buffer);
        }
    }

    /// Free buffers until the pool holds at most `keep` bytes, the largest first. Returns how many it holds.
    pub(crate) fn trim(&mut self, keep: usize) -> usize {
        loop {
            let total = self.0.iter().map(Vec::capacity).sum();
            if total <= keep {
                return total;
            }
            let largest = self.0.iter().enumerate().max_by_key(|(_, buffer)| buffer.capacity());
            let Some((index, _)) = largest else { return total };
            self.0.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_buffer_is_empty() {
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
