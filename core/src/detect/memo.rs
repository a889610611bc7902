//! Header values that were clean a moment ago.
//!
//! Browsers send the same few lines with every request. A value for which the gate stayed shut, for every class, is
//! clean whatever the configuration, so it is kept and compared in full the next time: the verdict is the same, only
//! cheaper. Only headers that say what a browser is and accepts are kept, never one that can hold a secret.

/// Values kept, one a slot; a newcomer takes the slot of whatever was there.
const SLOTS: usize = 16;
/// The longest value that is kept.
const LONGEST: usize = 240;
/// Shorter values cost less to look at than to remember.
const SHORTEST: usize = 12;

#[derive(Clone)]
pub(crate) struct Memo {
    lengths: [u8; SLOTS],
    values: [[u8; LONGEST]; SLOTS],
}

impl Memo {
    pub(crate) const fn new() -> Self {
        Self { lengths: [0; SLOTS], values: [[0; LONGEST]; SLOTS] }
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

    pub(crate) fn holds(&self, value: &[u8]) -> bool {
        slot(value).is_some_and(|slot| {
            usize::from(self.lengths[slot]) == value.len() && self.values[slot][..value.len()] == *value
        })
    }

    pub(crate) fn keep(&mut self, value: &[u8]) {
        if let Some(slot) = slot(value) {
            self.lengths[slot] = value.len() as u8;
            self.values[slot][..value.len()].copy_from_slice(value);
        }
    }
}

/// Where a value is kept, if its length allows.
fn slot(value: &[u8]) -> Option<usize> {
    let len = value.len();
    (SHORTEST..=LONGEST)
        .contains(&len)
        .then(|| (len + usize::from(value[len / 2]) + usize::from(value[len - 3])) % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_value_is_known() {
        let mut memo = Memo::new();
        let value = b"Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";
        assert!(!memo.holds(value));
        memo.keep(value);
        assert!(memo.holds(value));
        for at in 0..value.len() {
            let mut other = *value;
            other[at] ^= 1;
            assert!(!memo.holds(&other), "byte {at}");
        }
        assert!(!memo.holds(&value[1..]) && !memo.holds(&[value.as_slice(), b"x"].concat()));
    }

    #[test]
    fn values_out_of_bounds_are_not_kept() {
        let mut memo = Memo::new();
        for value in [vec![b'a'; SHORTEST - 1], vec![b'a'; LONGEST + 1], vec![]] {
            memo.keep(&value);
            assert!(!memo.holds(&value));
        }
        let longest = vec![b'a'; LONGEST];
        memo.keep(&longest);
        assert!(memo.holds(&longest));
    }

    #[test]
    fn secrets_are_not_kept() {
        for name in ["cookie", "authorization", "x-api-key", "referer", "host"] {
            assert!(!Memo::takes(name), "{name}");
        }
        assert!(Memo::takes("User-Agent"));
    }
}
