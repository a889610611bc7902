//! The table of the gate's words.
//!
//! A word is a run of ASCII letters, compared without case by its first eight letters. The table over the words of all
//! classes is built at compile time, so that a request costs one probe per word.

use crate::detect::gate::Words;
use crate::detect::registry::WORDS;
use crate::simd::{self, Block};

const SLOTS: usize = 4096;
/// Bits of the filter in front of the slots: of words that are not listed, one in fifty gets past it.
const FILTER: usize = 1 << 16;
const MAX_WORDS: usize = 1536;

struct Table {
    /// Index into `keys` plus one; zero is an empty slot. Collisions go to the next slot.
    slots: [u16; SLOTS],
    keys: [u64; MAX_WORDS],
    kinds: [u32; MAX_WORDS],
    /// One bit for each hash that a listed word has, or several: most words are settled here.
    filter: [u64; FILTER / 64],
}

static TABLE: Table = build();

const fn build() -> Table {
    let mut table =
        Table { slots: [0; SLOTS], keys: [0; MAX_WORDS], kinds: [0; MAX_WORDS], filter: [0; FILTER / 64] };
    let mut count = 0;
    let mut class = 0;
    while class < WORDS.len() {
        count = add_all(&mut table, count, WORDS[class]);
        class += 1;
    }
    table
}

const fn add_all(table: &mut Table, mut count: usize, lists: &[Words]) -> usize {
    let mut list = 0;
    while list < lists.len() {
        let (kind, words) = lists[list];
        let mut word = 0;
        while word < words.len() {
            count = add(table, count, key_of(words[word].as_bytes()), kind);
            word += 1;
        }
        list += 1;
    }
    count
}

const fn add(table: &mut Table, count: usize, key: u64, kind: u32) -> usize {
    let mut slot = hash(key, SLOTS);
    let bit = hash(key, FILTER);
    table.filter[bit / 64] |= 1 << (bit % 64);
    while table.slots[slot] != 0 {
        let index = table.slots[slot] as usize - 1;
        if table.keys[index] == key {
            table.kinds[index] |= kind;
            return count;
        }
        slot = (slot + 1) % SLOTS;
    }
    assert!(count < MAX_WORDS, "more words than the gate's table has room for");
    table.slots[slot] = count as u16 + 1;
    table.keys[count] = key;
    table.kinds[count] = kind;
    count + 1
}

/// The key of the first run of letters in `word`, which is all that the gate sees of a name such as `ssh-keygen`.
const fn key_of(word: &[u8]) -> u64 {
    let mut start = 0;
    while !word[start].is_ascii_lowercase() {
        start += 1;
    }
    let mut key = 0;
    let mut at = 0;
    while at < 8 && start + at < word.len() && word[start + at].is_ascii_alphabetic() {
        assert!(word[start + at].is_ascii_lowercase(), "gate words are in lower case");
        key |= (word[start + at] as u64) << (8 * at);
        at += 1;
    }
    key
}

/// Below `size`, which is a power of two. Fibonacci hashing, as in the memo of headers.
const fn hash(key: u64, size: usize) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - size.trailing_zeros())) as usize
}

/// The kinds of the word that `text` starts with; `text` starts with a letter.
pub(crate) fn word_kind_at(text: &[u8]) -> u32 {
    word_at(text).0
}

/// The kinds of the word that `text` starts with, and its length; `text` starts with a letter.
pub(crate) fn word_at(text: &[u8]) -> (u32, usize) {
    let mut len = 0;
    for block in text.chunks(simd::LEN) {
        let run = (!Block::of(block).letters()).trailing_zeros() as usize;
        len += run;
        if run < simd::LEN {
            break;
        }
    }
    (word_kind(text, len), len)
}

/// The kinds of the word that `text` starts with, which has `len` letters.
#[inline(always)]
pub(crate) fn word_kind(text: &[u8], len: usize) -> u32 {
    let key = (simd::word(text) | u64::from_le_bytes([b' '; 8])) & LETTERS[len.min(8)];
    let bit = hash(key, FILTER);
    let listed = TABLE.filter[bit / 64] >> (bit % 64) & 1 != 0;
    if listed { look_up(key) } else { 0 }
}

/// The first letters of a key, by how many there are.
static LETTERS: [u64; 9] = [0, 0xff, 0xffff, 0xff_ffff, !0 >> 32, !0 >> 24, !0 >> 16, !0 >> 8, !0];

/// The kinds of a word that may be listed.
#[inline(never)]
fn look_up(key: u64) -> u32 {
    let mut slot = hash(key, SLOTS);
    loop {
        match TABLE.slots[slot] {
            0 => return 0,
            index => {
                let index = usize::from(index) - 1;
                if TABLE.keys[index] == key {
                    return TABLE.kinds[index];
                }
            }
        }
        slot = (slot + 1) % SLOTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::gate::word;
    use std::vec;

    #[test]
    fn a_word_is_as_long_as_its_letters_however_many() {
        for len in 1..40 {
            let letters = vec![b'q'; len];
            for behind in [&b""[..], b" ", b"1", b"-and-more"] {
                let text = [&letters[..], behind].concat();
                assert_eq!(word_at(&text), (0, len), "{len} letters before {behind:?}");
            }
        }
    }

    #[test]
    fn a_word_is_known_in_any_case_by_its_first_eight_letters_and_only_whole() {
        for (text, kind) in [
            ("select", word::SQL_VERB),
            ("SeLeCt 1", word::SQL_VERB),
            ("selects", 0),
            ("selec", 0),
            ("information_schema", word::SQL_CATALOGUE),
            ("INFORMED", 0),
            ("only", 0),
        ] {
            assert_eq!(word_kind_at(text.as_bytes()), kind, "{text}");
        }
    }
}
