//! Header values that were clean a moment ago.
//!
//! Browsers send the same few lines with every request. A value for which the gate stayed shut, for every class, is
//! clean whatever the configuration, so it is kept and compared in full the next time: the verdict is the same, only
//! cheaper. So is one that no pattern of a list matches, for as long as it is asked about the same list. Only headers that
//! say what a browser is and accepts are kept, never one that can hold a secret.

use alloc::sync::{Arc, Weak};

use crate::pattern::Patterns;

/// Values kept, one a slot; a newcomer takes the slot of whatever was there.
const SLOTS: usize = 32;
/// The longest value that is kept.
const LONGEST: usize = 240;
/// Shorter values cost less to look at than to remember.
const SHORTEST: usize = 12;

#[derive(Clone)]
pub(crate) struct Memo {
    lengths: [u8; SLOTS],
    /// For each slot the [`Fact`]s that are known of its value, as bits.
    facts: [u8; SLOTS],
    values: [[u8; LONGEST]; SLOTS],
    /// The list that [`Fact::Unlisted`] is about. That it is weak keeps its address from being another list's.
    list: Weak<Patterns>,
}

/// What may be known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// It holds no attack of any class.
    Harmless = 1,
    /// No pattern of the list matches it.
    Unlisted = 2,
}

impl Memo {
    pub(crate) const fn new() -> Self {
        Self {
            lengths: [0; SLOTS],
            facts: [0; SLOTS],
            values: [[0; LONGEST]; SLOTS],
            list: Weak::new(),
        }
    }

    /// Forget what is known about any other list than this one.
    pub(crate) fn ask_about(&mut self, list: &Arc<Patterns>) {
        if self.list.as_ptr() != Arc::as_ptr(list) {
            self.list = Arc::downgrade(list);
            self.facts.iter_mut().for_each(|facts| *facts &= !(Fact::Unlisted as u8));
        }
    }

    /// Whether values of this header may be kept.
    pub(crate) fn takes(name: &str) -> bool {
        const NAMES: [&str; 7] = [
            "accept",
            "accept-encoding",
            "accept-language",
            "sec-ch-ua",
            "sec-ch-ua-platform",
            "user-agent",
            "priority",
        ];
        NAMES.iter().any(|known| name.len() == known.len() && name.eq_ignore_ascii_case(known))
    }

    /// Whether `fact` is known of the value.
    pub(crate) fn holds(&self, value: &[u8], fact: Fact) -> bool {
        slot(value).is_some_and(|slot| self.facts[slot] & fact as u8 != 0 && self.is_in(slot, value))
    }

    pub(crate) fn keep(&mut self, value: &[u8], fact: Fact) {
        let Some(slot) = slot(value) else { return };
        if !self.is_in(slot, value) {
            self.facts[slot] = 0;
            self.lengths[slot] = value.len() as u8;
            self.values[slot][..value.len()].copy_from_slice(value);
        }
        self.facts[slot] |= fact as u8;
    }

    fn is_in(&self, slot: usize, value: &[u8]) -> bool {
        usize::from(self.lengths[slot]) == value.len() && self.values[slot][..value.len()] == *value
    }
}

/// Where a value is kept, if its length allows. Lines of one header differ somewhere in the middle or near the end.
fn slot(value: &[u8]) -> Option<usize> {
    let len = value.len();
    if !(SHORTEST..=LONGEST).contains(&len) {
        return None;
    }
    let middle = value[len / 2 - 4..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let end = value.last_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    // Fibonacci hashing: the high bits of the product depend on every bit (Knuth, volume 3, section 6.4).
    let mixed = (middle ^ end.rotate_left(29) ^ len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Some((mixed >> (64 - SLOTS.ilog2())) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_value_is_known() {
        let mut memo = Memo::new();
        let value = b"Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";
        assert!(!memo.holds(value, Fact::Harmless));
        memo.keep(value, Fact::Harmless);
        assert!(memo.holds(value, Fact::Harmless));
        for at in 0..value.len() {
            let mut other = *value;
            other[at] ^= 1;
            assert!(!memo.holds(&other, Fact::Harmless), "byte {at}");
        }
        assert!(!memo.holds(&value[1..], Fact::Harmless));
        assert!(!memo.holds(&[value.as_slice(), b"x"].concat(), Fact::Harmless));
    }

    #[test]
    fn each_fact_is_known_by_itself_and_goes_with_its_value() {
        let mut memo = Memo::new();
        let (value, other) = ([b'a'; SHORTEST], {
            let mut other = [b'a'; SHORTEST];
            other[0] = b'b';
            other
        });
        memo.keep(&value, Fact::Unlisted);
        assert!(memo.holds(&value, Fact::Unlisted) && !memo.holds(&value, Fact::Harmless));
        memo.keep(&value, Fact::Harmless);
        assert!(memo.holds(&value, Fact::Unlisted) && memo.holds(&value, Fact::Harmless));
        memo.keep(&other, Fact::Harmless);
        assert!(!memo.holds(&other, Fact::Unlisted) && !memo.holds(&value, Fact::Unlisted));
    }

    #[test]
    fn what_one_list_lacks_another_may_have() {
        let list = || Arc::new(Patterns::compile(&["curl"], true).unwrap());
        let (mut memo, one) = (Memo::new(), list());
        let value = [b'a'; SHORTEST];
        memo.ask_about(&one);
        memo.keep(&value, Fact::Unlisted);
        memo.keep(&value, Fact::Harmless);
        memo.ask_about(&one);
        assert!(memo.holds(&value, Fact::Unlisted));
        drop(one);
        memo.ask_about(&list());
        assert!(!memo.holds(&value, Fact::Unlisted) && memo.holds(&value, Fact::Harmless));
    }

    #[test]
    fn values_out_of_bounds_are_not_kept() {
        let mut memo = Memo::new();
        for value in [vec![b'a'; SHORTEST - 1], vec![b'a'; LONGEST + 1], vec![]] {
            memo.keep(&value, Fact::Harmless);
            assert!(!memo.holds(&value, Fact::Harmless));
        }
        let longest = vec![b'a'; LONGEST];
        memo.keep(&longest, Fact::Harmless);
        assert!(memo.holds(&longest, Fact::Harmless));
    }

    #[test]
    fn secrets_are_not_kept() {
        for name in ["cookie", "authorization", "x-api-key", "referer", "host"] {
            assert!(!Memo::takes(name), "{name}");
        }
        assert!(Memo::takes("User-Agent"));
    }
}
