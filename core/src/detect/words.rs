//! The words the gate knows, and how it finds them.
//!
//! A word is a run of ASCII letters, compared without case by its first eight letters. Each class module lists its own
//! words; they meet here in one table that is built at compile time, so that a request pays one probe per word.

use super::{
    cms_probing, code_injection, deserialization, ldap, nosql, proto_pollution, recon, scanner,
    sensitive_file, shell, sqli, ssrf, traversal, xml, xss,
};
use crate::detect::gate::word;

/// Words of one kind: the bit from [`word`] and the words in lower case.
pub(crate) type Words = (u32, &'static [&'static str]);

const SLOTS: usize = 4096;
const MAX_WORDS: usize = 1536;

struct Table {
    /// Index into `keys` plus one; zero is an empty slot. Collisions go to the next slot.
    slots: [u16; SLOTS],
    keys: [u64; MAX_WORDS],
    kinds: [u32; MAX_WORDS],
}

static TABLE: Table = build();

const fn build() -> Table {
    let mut table = Table { slots: [0; SLOTS], keys: [0; MAX_WORDS], kinds: [0; MAX_WORDS] };
    let mut count = 0;
    count = add_all(&mut table, count, sqli::WORDS);
    count = add_all(&mut table, count, xss::WORDS);
    count = add_all(&mut table, count, traversal::WORDS);
    count = add_all(&mut table, count, shell::WORDS);
    count = add_all(&mut table, count, ldap::WORDS);
    count = add_all(&mut table, count, nosql::WORDS);
    count = add_all(&mut table, count, ssrf::WORDS);
    count = add_all(&mut table, count, xml::WORDS);
    count = add_all(&mut table, count, sensitive_file::WORDS);
    count = add_all(&mut table, count, cms_probing::WORDS);
    count = add_all(&mut table, count, recon::WORDS);
    count = add_all(&mut table, count, scanner::WORDS);
    count = add_all(&mut table, count, code_injection::WORDS);
    count = add_all(&mut table, count, proto_pollution::WORDS);
    add_all(&mut table, count, deserialization::WORDS);
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
    let mut slot = hash(key);
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

const fn hash(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS.trailing_zeros())) as usize
}

/// The kinds of the word that `text` starts with; `text` starts with a letter.
pub(crate) fn kind_at(text: &[u8]) -> u32 {
    word_at(text).0
}

/// The kinds of the word that `text` starts with, and its length; `text` starts with a letter.
#[inline(always)]
pub(crate) fn word_at(text: &[u8]) -> (u32, usize) {
    let (key, mut len) = key_at(text);
    if len == 8 {
        len += text[8..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    }
    let event =
        if key & 0xffff == u64::from(u16::from_le_bytes(*b"on")) && len >= 5 { word::EVENT } else { 0 };
    (event | kind_of(key), len)
}

#[inline]
fn kind_of(key: u64) -> u32 {
    let mut slot = hash(key);
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

/// The first eight letters of `text` in lower case, packed little-endian and padded with zeros, and how many there are.
#[inline]
fn key_at(text: &[u8]) -> (u64, usize) {
    let raw = match text.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        // A copy of unknown length would be a call.
        None => text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    // Per byte, without branches: fold case, then set the high bit of every byte that is not a letter.
    let folded = raw | 0x2020_2020_2020_2020;
    let below = (folded | HIGH).wrapping_sub(splat(b'a'));
    let above = (folded & !HIGH).wrapping_add(splat(0x7f - b'z'));
    let other = (!below | above | raw) & HIGH;
    let len = (other.trailing_zeros() / 8) as usize;
    let mask = if len == 8 { u64::MAX } else { (1 << (8 * len)) - 1 };
    (folded & mask, len)
}

const HIGH: u64 = 0x8080_8080_8080_8080;

const fn splat(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn the_key_is_the_run_of_letters_it_starts_with() {
        let key = |text: &[u8]| {
            let (key, len) = key_at(text);
            (key.to_le_bytes()[..len].to_vec(), len)
        };
        for byte in 0..=255_u8 {
            let text = [b'S', b'e', byte, b'x', b'y', b'z', b'0', b'0', b'0'];
            let expected = if byte.is_ascii_alphabetic() {
                vec![b's', b'e', byte.to_ascii_lowercase(), b'x', b'y', b'z']
            } else {
                vec![b's', b'e']
            };
            assert_eq!(key(&text).0, expected, "byte {byte:#x}");
            assert_eq!(key(&text[..3]).0, expected[..expected.len().min(3)], "short, byte {byte:#x}");
        }
        assert_eq!(key(b"information_schema").1, 8);
    }
}
