//! Parameters that are given more than once. Some frameworks take the first, some the last, and some join all values with
//! commas, so that an attack can be spread over several that look harmless one by one.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::form;
use crate::detect::is_plain;

/// Names of one list whose values are joined; those of further names are inspected one by one only.
const NAMES: usize = 8;

/// The names in `pairs` that are given more than once, but for coincidences: nothing is compared, so that lists without
/// any cost next to nothing.
pub(crate) fn names(pairs: &[u8]) -> ArrayVec<&[u8], NAMES> {
    let mut seen = [0_u64; 4];
    let mut names = ArrayVec::new();
    for (name, _) in form::pairs(pairs) {
        let mark = mark(name);
        let (word, bit) = (usize::from(mark >> 6), 1 << (mark & 63));
        if seen[word] & bit != 0 && !names.contains(&name) && names.try_push(name).is_err() {
            break;
        }
        seen[word] |= bit;
    }
    names
}

/// Join all values of `name` with commas in `out`. Returns whether there are several, of which one can say something.
pub(crate) fn join(pairs: &[u8], name: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut several, mut says) = (false, false);
    out.clear();
    for (index, (_, value)) in form::pairs(pairs).filter(|(other, _)| *other == name).enumerate() {
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

    fn joined(pairs: &str) -> Vec<String> {
        let mut out = Vec::new();
        let names = names(pairs.as_bytes());
        let mut all = Vec::new();
        for name in names {
            if join(pairs.as_bytes(), name, &mut out) {
                all.push(String::from_utf8_lossy(&out).into_owned());
            }
        }
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
    fn so_many_names_and_no_more() {
        let pairs: Vec<String> = (0..100).map(|at| format!("n{at}=(&n{at}=)")).collect();
        assert_eq!(joined(&pairs.join("&")).len(), NAMES);
    }

    #[test]
    fn names_that_differ_are_seldom_taken_for_one() {
        let pairs: Vec<String> = (0..30).map(|at| format!("items[{at}][name]=(")).collect();
        assert!(names(pairs.join("&").as_bytes()).len() < NAMES);
        assert_eq!(joined(&pairs.join("&")), [""; 0]);
    }
}
