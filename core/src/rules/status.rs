//! Sets of status codes.

use crate::config::StatusPattern;

/// A set of status codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatusSet([u64; StatusSet::WORDS]);

impl StatusSet {
    const WORDS: usize = 8;
    /// The first code of the set.
    const BASE: u16 = 100;

    pub(crate) fn has(&self, status: u16) -> bool {
        let bit = usize::from(status.wrapping_sub(Self::BASE));
        self.0.get(bit / 64).is_some_and(|word| word & 1 << (bit % 64) != 0)
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }
}

impl FromIterator<StatusPattern> for StatusSet {
    fn from_iter<I: IntoIterator<Item = StatusPattern>>(statuses: I) -> Self {
        let mut set = Self::default();
        for statuses in statuses {
            for bit in (0..64 * Self::WORDS).filter(|bit| statuses.has(*bit as u16 + Self::BASE)) {
                set.0[bit / 64] |= 1 << (bit % 64);
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_statuses_is_what_it_was_made_of() {
        let parse = |text: &str| text.parse::<StatusPattern>().unwrap();
        let set: StatusSet = [parse("404"), parse("5xx")].into_iter().collect();
        for status in 0..=u16::MAX {
            assert_eq!(set.has(status), status == 404 || (500..=599).contains(&status), "{status}");
        }
    }
}
