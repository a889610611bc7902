//! Parameters that are given more than once. Some frameworks take the first, some the last, and some join all values with
//! commas, so that an attack can be spread over several that look harmless one by one.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use arrayvec::ArrayVec;

use super::form;
use crate::detect::is_plain;

/// Names of one list for which it is read once more. With more of them, all pairs are sorted by name instead.
const NAMES: usize = 8;

/// The names of a list that are given more than once, and a few more by coincidence: nothing is compared but marks, so
/// that lists without any cost next to nothing.
pub(crate) struct RepeatedNames<'p> {
    /// A bit for each mark that some name has.
    seen: [u64; 4],
    names: ArrayVec<&'p [u8], NAMES>,
    /// Whether there are more than [`NAMES`].
    many: bool,
}

impl<'p> RepeatedNames<'p> {
    pub(crate) const fn new() -> Self {
        Self { seen: [0; 4], names: ArrayVec::new_const(), many: false }
    }

    /// Note the name of the next pair.
    #[inline]
    pub(crate) fn note(&mut self, name: &'p [u8]) {
        let mark = mark(name);
        let (word, bit) = (usize::from(mark >> 6), 1 << (mark & 63));
        if self.seen[word] & bit != 0 && !self.names.contains(&name) {
            self.many |= self.names.try_push(name).is_err();
        }
        self.seen[word] |= bit;
    }

    /// Visit the joined values of each name that `pairs`, of which all were noted, give more than once, unless they cannot say
    /// anything; `joined` is space.
    pub(crate) fn each<B>(
        self,
        pairs: &[u8],
        joined: &mut Vec<u8>,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        if !self.many {
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

/// Join the values of `same`, pairs of one name, with commas in `out`. Returns whether there are several, of which one can
/// say something.
fn join<'p>(same: &mut dyn Iterator<Item = (&'p [u8], &'p [u8])>, out: &mut Vec<u8>) -> bool {
    let (mut several, mut says) = (false, false);
    out.clear();
    for (index, (_, value)) in same.enumerate() {
        if index > 0 {
            out.push(b',');
            several = true;
        }
        out.extend_from_slice(value);
        says |= !is_plain(value);
    }
    several && says
}

/// A mark that names share by coincidence in one of 256 cases.
fn mark(name: &[u8]) -> u8 {
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

    fn noted(pairs: &str) -> RepeatedNames<'_> {
        let mut repeated = RepeatedNames::new();
        form::pairs(pairs.as_bytes()).for_each(|(name, _)| repeated.note(name));
        repeated
    }

    fn joined(pairs: &str) -> Vec<String> {
        let (mut space, mut all) = (Vec::new(), Vec::new());
        let flow: ControlFlow<()> = noted(pairs).each(pairs.as_bytes(), &mut space, |name, joined| {
            assert!(pairs.matches(str::from_utf8(name).unwrap()).count() > 1);
            all.push(String::from_utf8_lossy(joined).into_owned());
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        all
    }

    #[test]
    fn values_of_one_name_are_joined_when_they_can_say_something() {
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
    fn names_that_differ_are_seldom_taken_for_one() {
        let pairs: Vec<String> = (0..30).map(|at| format!("items[{at}][name]=(")).collect();
        let pairs = pairs.join("&");
        assert!(!noted(&pairs).many && noted(&pairs).names.len() < NAMES);
        assert_eq!(joined(&pairs), [""; 0]);
        let many: Vec<String> = (0..900).map(|at| format!("items[{at}][name]=(")).collect();
        let many = many.join("&");
        assert!(noted(&many).many);
        assert_eq!(joined(&many), [""; 0]);
    }
}
