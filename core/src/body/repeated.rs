//! Repeated parameters. Some frameworks take the first value, some the last, and some join all values with commas, so
//! that an attack can be split over several values that are harmless one by one.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use arrayvec::ArrayVec;

use super::form;
use crate::detect::is_plain;

/// Repeated names for each of which the list is read again. With more of them, all pairs are sorted by name instead.
const MAX_NAMES: usize = 8;
/// Pairs that are sorted at most, in 4 MiB.
const MAX_SORTED: usize = 1 << 17;

/// The repeated names of a list, with some false positives: only 8-bit hashes are compared, so that lists without
/// repetition cost next to nothing.
pub(crate) struct RepeatedNames<'p> {
    /// A bit for each hash of a name.
    seen: [u64; 4],
    names: ArrayVec<&'p [u8], MAX_NAMES>,
    /// Whether there are more than [`MAX_NAMES`].
    overflow: bool,
    pairs: usize,
}

impl<'p> RepeatedNames<'p> {
    pub(crate) const fn new() -> Self {
        Self { seen: [0; 4], names: ArrayVec::new_const(), overflow: false, pairs: 0 }
    }

    /// Add the name of the next pair.
    #[inline]
    pub(crate) fn add(&mut self, name: &'p [u8]) {
        self.pairs += 1;
        let hash = hash(name);
        let (word, bit) = (usize::from(hash >> 6), 1 << (hash & 63));
        if self.seen[word] & bit != 0 && !self.names.contains(&name) {
            self.overflow |= self.names.try_push(name).is_err();
        }
        self.seen[word] |= bit;
    }

    /// Whether so many names are repeated, in so many pairs, that the values are not joined.
    pub(crate) const fn exceeds_limit(&self) -> bool {
        self.overflow && self.pairs > MAX_SORTED
    }

    /// How many passes over the list are needed.
    pub(crate) fn passes(&self) -> usize {
        // Sorting takes about as long as parsing a few times.
        if self.overflow { MAX_NAMES } else { self.names.len() }
    }

    /// Visit the joined values of each repeated name of `pairs`, whose names were all added, unless all values are
    /// plain; `joined` is space.
    pub(crate) fn for_each<B>(
        self,
        pairs: &[u8],
        joined: &mut Vec<u8>,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        if !self.overflow {
            return self.names.into_iter().try_for_each(|name| {
                let mut same = form::pairs(pairs).filter(|(other, _)| *other == name);
                if join(&mut same, joined) { visit(name, joined) } else { ControlFlow::Continue(()) }
            });
        }
        let mut sorted: Vec<_> = form::pairs(pairs).collect();
        sorted.sort_by_key(|(name, _)| *name);
        let mut several = sorted.chunk_by(|(one, _), (other, _)| one == other).filter(|same| same.len() > 1);
        several.try_for_each(|same| {
            let joins = join(&mut same.iter().copied(), joined);
            if joins { visit(same[0].0, joined) } else { ControlFlow::Continue(()) }
        })
    }
}

/// Join the values of `same`, pairs of one name, with commas in `out`. Returns whether there are several, of which at
/// least one is not plain.
fn join<'p>(same: &mut dyn Iterator<Item = (&'p [u8], &'p [u8])>, out: &mut Vec<u8>) -> bool {
    let (mut several, mut any_text) = (false, false);
    out.clear();
    for (index, (_, value)) in same.enumerate() {
        if index > 0 {
            out.push(b',');
            several = true;
        }
        out.extend_from_slice(value);
        any_text |= !is_plain(value);
    }
    several && any_text
}

/// An 8-bit hash: two names share it by accident in one of 256 cases.
fn hash(name: &[u8]) -> u8 {
    let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let end = name.len().saturating_sub(8);
    let key = word(&name[..name.len().min(8)]) ^ word(&name[end..]).rotate_left(29) ^ name.len() as u64;
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn repeated_names(pairs: &str) -> RepeatedNames<'_> {
        let mut repeated = RepeatedNames::new();
        form::pairs(pairs.as_bytes()).for_each(|(name, _)| repeated.add(name));
        repeated
    }

    fn joined(pairs: &str) -> Vec<String> {
        let (mut space, mut all) = (Vec::new(), Vec::new());
        let flow: ControlFlow<()> =
            repeated_names(pairs).for_each(pairs.as_bytes(), &mut space, |name, joined| {
                assert!(pairs.matches(str::from_utf8(name).unwrap()).count() > 1);
                all.push(String::from_utf8_lossy(joined).into_owned());
                ControlFlow::Continue(())
            });
        assert_eq!(flow, ControlFlow::Continue(()));
        all
    }

    #[test]
    fn values_of_one_name_are_joined_unless_all_are_plain() {
        assert_eq!(joined("a=1'/*&b=2&a=*/or&a=1"), ["1'/*,*/or,1"]);
        assert_eq!(joined("tag=red&tag=blue&page=1"), [""; 0]);
        assert_eq!(joined("a=%27&b=%27&c=%27"), [""; 0]);
        assert_eq!(joined("a&a=%27&b=x&b=("), [",%27", "x,("]);
        assert_eq!(joined(""), [""; 0]);
    }

    #[test]
    fn no_name_is_hidden_behind_many_others() {
        let pairs: Vec<String> = (100..200).map(|at| format!("n{at}=(&n{at}={at}")).collect();
        let expected: Vec<String> = (100..200).map(|at| format!("(,{at}")).collect();
        assert_eq!(joined(&pairs.join("&")), expected);
        let decoys: Vec<String> = (0..40).map(|at| format!("{at}=&{at}=")).collect();
        assert_eq!(joined(&format!("{}&id=1'/*&x=1&id=*/or 1", decoys.join("&"))), ["1'/*,*/or 1"]);
    }

    #[test]
    fn different_names_seldom_share_a_hash() {
        let pairs: Vec<String> = (0..30).map(|at| format!("items[{at}][name]=(")).collect();
        let pairs = pairs.join("&");
        assert!(!repeated_names(&pairs).overflow && repeated_names(&pairs).names.len() < MAX_NAMES);
        assert_eq!(joined(&pairs), [""; 0]);
        let overflow: Vec<String> = (0..900).map(|at| format!("items[{at}][name]=(")).collect();
        let overflow = overflow.join("&");
        assert!(repeated_names(&overflow).overflow);
        assert_eq!(joined(&overflow), [""; 0]);
    }
}
