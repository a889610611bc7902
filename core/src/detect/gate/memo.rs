//! A memo of header values that were clean in recent requests.
//!
//! Browsers send the same few header values with every request. A value on which no class opened is clean under any
//! configuration; it is kept and compared in full the next time. The verdict is the same, only cheaper. The memo also
//! keeps values that no pattern of a list matches, for that list. Only headers that describe a client are kept, never one
//! that can hold a secret.

use alloc::sync::{Arc, Weak};

use crate::pattern::Patterns;
use crate::text::is_name;

/// Values kept. Each may be in one of two slots; a new value replaces the one in its first.
const SLOTS: usize = 64;
/// The longest value that is kept.
const MAX_LEN: usize = 240;
/// Shorter values cost less to look at than to remember.
const MIN_LEN: usize = 8;

#[derive(Clone)]
pub(crate) struct Memo {
    lengths: [u8; SLOTS],
    /// For each slot the [`MemoFact`]s that are known of its value, as bits.
    facts: [u8; SLOTS],
    values: [[u8; MAX_LEN]; SLOTS],
    /// The list that [`MemoFact::UnmatchedAgent`] is about. That it is weak keeps its address from being another list's.
    list: Weak<Patterns>,
}

/// What may be known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoFact {
    /// It holds no attack of any class.
    Harmless = 1,
    /// No pattern of the list matches it.
    UnmatchedAgent = 2,
}

impl Memo {
    pub(crate) const fn new() -> Self {
        Self { lengths: [0; SLOTS], facts: [0; SLOTS], values: [[0; MAX_LEN]; SLOTS], list: Weak::new() }
    }

    /// Forget what is known about any other list than this one.
    pub(crate) fn set_list(&mut self, list: &Arc<Patterns>) {
        if self.list.as_ptr() != Arc::as_ptr(list) {
            self.list = Arc::downgrade(list);
            self.facts.iter_mut().for_each(|facts| *facts &= !(MemoFact::UnmatchedAgent as u8));
        }
    }

    /// Whether values of this header may be kept.
    #[inline]
    pub(crate) fn accepts(name: &[u8]) -> bool {
        // By length first: hardly any name is compared with more than one.
        let known: &[&str] = match name.len() {
            6 => &["accept"],
            8 => &["priority"],
            9 => &["sec-ch-ua"],
            10 => &["user-agent"],
            12 => &["content-type"],
            15 => &["accept-encoding", "accept-language"],
            18 => &["sec-ch-ua-platform"],
            _ => &[],
        };
        known.iter().any(|known| is_name(name, known))
    }

    /// Whether `fact` is known of the value.
    pub(crate) fn holds(&self, value: &[u8], fact: MemoFact) -> bool {
        self.find(value).is_ok_and(|slot| self.facts[slot] & fact as u8 != 0)
    }

    pub(crate) fn keep(&mut self, value: &[u8], fact: MemoFact) {
        match self.find(value) {
            Ok(slot) => self.facts[slot] |= fact as u8,
            Err(Some(slot)) => {
                self.facts[slot] = fact as u8;
                self.lengths[slot] = value.len() as u8;
                self.values[slot][..value.len()].copy_from_slice(value);
            }
            Err(None) => {}
        }
    }

    /// The slot that a value is in, or the one that it may take if its length allows.
    fn find(&self, value: &[u8]) -> Result<usize, Option<usize>> {
        let first = slot(value).ok_or(None)?;
        let second = first ^ 1;
        let is_in = |slot: usize| {
            usize::from(self.lengths[slot]) == value.len() && self.values[slot][..value.len()] == *value
        };
        if is_in(first) {
            return Ok(first);
        }
        if is_in(second) {
            return Ok(second);
        }
        Err(Some(if self.lengths[first] > 0 && self.lengths[second] == 0 { second } else { first }))
    }
}

/// The first slot of a value, if its length allows. Values of one header differ in the middle or near the end.
fn slot(value: &[u8]) -> Option<usize> {
    let len = value.len();
    if !(MIN_LEN..=MAX_LEN).contains(&len) {
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
        assert!(!memo.holds(value, MemoFact::Harmless));
        memo.keep(value, MemoFact::Harmless);
        assert!(memo.holds(value, MemoFact::Harmless));
        for at in 0..value.len() {
            let mut other = *value;
            other[at] ^= 1;
            assert!(!memo.holds(&other, MemoFact::Harmless), "byte {at}");
        }
        assert!(!memo.holds(&value[1..], MemoFact::Harmless));
        assert!(!memo.holds(&[value.as_slice(), b"x"].concat(), MemoFact::Harmless));
    }

    #[test]
    fn each_fact_is_known_by_itself_and_goes_with_its_value() {
        let mut memo = Memo::new();
        // They differ where it does not count for the slot.
        let [one, two, three] = [b'1', b'2', b'3']
            .map(|byte| [byte, b'a', b'a', b'a', b'a', b'a', b'a', b'a', b'a', b'a', b'a', b'a']);
        memo.keep(&one, MemoFact::UnmatchedAgent);
        assert!(memo.holds(&one, MemoFact::UnmatchedAgent) && !memo.holds(&one, MemoFact::Harmless));
        memo.keep(&one, MemoFact::Harmless);
        assert!(memo.holds(&one, MemoFact::UnmatchedAgent) && memo.holds(&one, MemoFact::Harmless));
        memo.keep(&two, MemoFact::Harmless);
        assert!(
            memo.holds(&one, MemoFact::UnmatchedAgent) && memo.holds(&two, MemoFact::Harmless),
            "there are two places"
        );
        memo.keep(&three, MemoFact::Harmless);
        assert!(memo.holds(&three, MemoFact::Harmless) && !memo.holds(&three, MemoFact::UnmatchedAgent));
        assert!(
            !memo.holds(&one, MemoFact::UnmatchedAgent) && !memo.holds(&one, MemoFact::Harmless),
            "one had to go"
        );
    }

    #[test]
    fn what_one_list_lacks_another_may_have() {
        let list = || Arc::new(Patterns::compile(&["curl"], true).unwrap());
        let (mut memo, one) = (Memo::new(), list());
        let value = [b'a'; MIN_LEN];
        memo.set_list(&one);
        memo.keep(&value, MemoFact::UnmatchedAgent);
        memo.keep(&value, MemoFact::Harmless);
        memo.set_list(&one);
        assert!(memo.holds(&value, MemoFact::UnmatchedAgent));
        drop(one);
        memo.set_list(&list());
        assert!(!memo.holds(&value, MemoFact::UnmatchedAgent) && memo.holds(&value, MemoFact::Harmless));
    }

    #[test]
    fn values_out_of_bounds_are_not_kept() {
        let mut memo = Memo::new();
        for value in [vec![b'a'; MIN_LEN - 1], vec![b'a'; MAX_LEN + 1], vec![]] {
            memo.keep(&value, MemoFact::Harmless);
            assert!(!memo.holds(&value, MemoFact::Harmless));
        }
        let longest = vec![b'a'; MAX_LEN];
        memo.keep(&longest, MemoFact::Harmless);
        assert!(memo.holds(&longest, MemoFact::Harmless));
    }

    #[test]
    fn secrets_are_not_kept() {
        for name in ["cookie", "authorization", "x-api-key", "referer", "host"] {
            assert!(!Memo::accepts(name.as_bytes()), "{name}");
        }
        for name in ["accept", "accept-encoding", "accept-language", "content-type", "User-Agent", "Priority"]
        {
            assert!(Memo::accepts(name.as_bytes()), "{name}");
        }
        assert!(Memo::accepts(b"sec-ch-ua") && Memo::accepts(b"Sec-CH-UA-Platform"));
    }
}
