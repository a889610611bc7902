//! Words and their meaning to one recogniser, looked up by hash.
//!
//! The table is keyed by a hash of the lower-cased word, so that a lexer can hash while it reads and look up a word of any
//! length without copying it. A second word with the same hash only adds suspicion to that word.

/// The hash of the empty word.
pub(crate) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of a word and one more byte, without regard to case.
pub(crate) const fn extend(hash: u64, byte: u8) -> u64 {
    (hash ^ byte.to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3)
}

/// The hash of a whole word.
pub(crate) const fn hash(word: &[u8]) -> u64 {
    let mut hash = EMPTY;
    let mut at = 0;
    while at < word.len() {
        hash = extend(hash, word[at]);
        at += 1;
    }
    hash
}

/// A table of words with `SLOTS` places, at most half of them taken.
pub(crate) struct Dictionary<K, const SLOTS: usize> {
    keys: [u64; SLOTS],
    kinds: [K; SLOTS],
}

impl<K: Copy, const SLOTS: usize> Dictionary<K, SLOTS> {
    /// A table of these words; `unknown` is what all others are. Fails at compile time if a word is listed twice.
    pub(crate) const fn new(unknown: K, lists: &[(K, &[&str])]) -> Self {
        let mut table = Self { keys: [0; SLOTS], kinds: [unknown; SLOTS] };
        let mut count = 0;
        let mut list = 0;
        while list < lists.len() {
            let (kind, words) = lists[list];
            let mut word = 0;
            while word < words.len() {
                let key = hash(words[word].as_bytes());
                let mut slot = slot_of(key, SLOTS);
                while table.keys[slot] != 0 {
                    assert!(table.keys[slot] != key, "a word is listed twice");
                    slot = (slot + 1) % SLOTS;
                }
                table.keys[slot] = key;
                table.kinds[slot] = kind;
                count += 1;
                word += 1;
            }
            list += 1;
        }
        assert!(count * 2 <= SLOTS, "the table is too full to be fast");
        table
    }

    /// What the word with this hash is.
    pub(crate) fn of(&self, hash: u64) -> Option<K> {
        let mut slot = slot_of(hash, SLOTS);
        while self.keys[slot] != 0 {
            if self.keys[slot] == hash {
                return Some(self.kinds[slot]);
            }
            slot = (slot + 1) % SLOTS;
        }
        None
    }
}

const fn slot_of(hash: u64, slots: usize) -> usize {
    (hash >> 32) as usize % slots
}
