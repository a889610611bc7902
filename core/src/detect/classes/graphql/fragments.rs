//! Fragment cycles: a server that expands them never ends.

use crate::detect::lang::dictionary::hash;

/// Fragments of one document that are kept apart. Whatever else it has is taken to be harmless: servers reject cycles
/// themselves, and documents of so many fragments are generated.
const MAX_KNOWN: usize = 64;

/// Which fragment spreads which.
pub(super) struct Fragments {
    names: [u64; MAX_KNOWN],
    known: usize,
    /// By the fragment that spreads, one bit for each that it spreads.
    spreads: [u64; MAX_KNOWN],
    /// The fragment that is being defined.
    current: Option<usize>,
}

impl Default for Fragments {
    fn default() -> Self {
        Self { names: [0; MAX_KNOWN], known: 0, spreads: [0; MAX_KNOWN], current: None }
    }
}

impl Fragments {
    /// What follows defines the fragment `name`.
    pub(super) fn define(&mut self, name: &[u8]) {
        self.current = self.index(name);
    }

    /// What follows defines no fragment.
    pub(super) fn end(&mut self) {
        self.current = None;
    }

    /// The fragment that is being defined, if any, spreads `name`.
    pub(super) fn spread(&mut self, name: &[u8]) {
        if let Some(current) = self.current
            && let Some(index) = self.index(name)
        {
            self.spreads[current] |= 1 << index;
        }
    }

    fn index(&mut self, name: &[u8]) -> Option<usize> {
        let name = hash(name);
        let found = self.names[..self.known].iter().position(|known| *known == name);
        if found.is_none() && self.known < MAX_KNOWN {
            self.names[self.known] = name;
            self.known += 1;
            return Some(self.known - 1);
        }
        found
    }

    /// Whether some fragment comes to spread itself: whether any is left once those that spread none that is left are
    /// taken away, one after the other.
    pub(super) fn is_cyclic(&self) -> bool {
        let mut left = u64::MAX.checked_shr(64 - self.known as u32).unwrap_or(0);
        loop {
            let leaves = (0..self.known).filter(|one| self.spreads[*one] & left == 0);
            let rest = leaves.fold(left, |left, one| left & !(1 << one));
            if rest == left {
                return left != 0;
            }
            left = rest;
        }
    }
}
