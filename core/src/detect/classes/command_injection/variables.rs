//! Variables that a value sets, and program names in them: `a=nc&&$a -e sh 10.0.0.1`.

use super::identifier::is_name;
use arrayvec::ArrayVec;

use crate::detect::lang::dictionary;

/// Maximum number of tracked variables; attacks use few.
const MAX_KNOWN: usize = 16;

/// The names of the variables that were set, as hashes.
#[derive(Debug, Default)]
pub(super) struct Variables(ArrayVec<u64, MAX_KNOWN>);

impl Variables {
    /// Take note of `word` if it sets a variable: `a=nc`.
    pub(super) fn set(&mut self, word: &[u8]) {
        let len = name_len(word);
        if len > 0 && word.get(len) == Some(&b'=') && !self.0.is_full() {
            self.0.push(dictionary::hash(&word[..len]));
        }
    }

    /// Whether `word` puts in one of them: `$a`, `${a}`, `cu$v`.
    pub(super) fn hold(&self, word: &[u8]) -> bool {
        !self.0.is_empty()
            && memchr::memchr_iter(b'$', word).any(|at| {
                let name = &word[at + 1..];
                let name = name.strip_prefix(b"{").unwrap_or(name);
                let len = name_len(name);
                len > 0 && self.0.contains(&dictionary::hash(&name[..len]))
            })
    }
}

/// The length of the name that `text` starts with.
fn name_len(text: &[u8]) -> usize {
    let starts = text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    if starts { text.iter().take_while(|byte| is_name(**byte)).count() } else { 0 }
}
