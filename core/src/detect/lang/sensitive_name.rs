//! Names whose values are secrets. The work is linear in the name.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::decode;

/// Substrings of sensitive names: `passwords`, `PHPSESSID`, `xsrftoken`.
const PARTS: [&str; 4] = ["passw", "secret", "sess", "token"];
/// Words that make a name sensitive, anywhere in it: `new_password`, `user[token]`, `X-Api-Key`.
const WORDS: [&str; 21] = [
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "jwt",
    "otp",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "pwd",
    "secret",
    "session",
    "sid",
    "signature",
    "token",
];
/// The length of the shortest sensitive word.
const MIN_NAME: usize = 3;
/// Words that make the word `key` behind them sensitive: `X-Api-Key`, `privateKey`.
const KEYS: [&str; 5] = ["access", "api", "encryption", "private", "signing"];

/// Whether values of `name` are secrets; `more` are the operator's names, in lower case.
pub(crate) fn is_sensitive(name: &[u8], more: &[String]) -> bool {
    let decoded = percent_decoded(name);
    let name = decoded.as_deref().unwrap_or(name);
    let is = |text: &[u8], known: &str| text.eq_ignore_ascii_case(known.as_bytes());
    let holds = |part: &&str| name.windows(part.len()).any(|text| is(text, part));
    let built_in = || {
        may_contain_part(name) && PARTS.iter().any(holds)
            || words(name).any(|word| WORDS.iter().any(|known| is(word, known)))
            || words(name)
                .zip(words(name).skip(1))
                .any(|(word, key)| is(key, "key") && KEYS.iter().any(|known| is(word, known)))
    };
    name.len() >= MIN_NAME && built_in()
        || more.iter().any(|known| is(name, known) || words(name).any(|word| is(word, known)))
}

/// Whether `name` contains the first four letters of one of [`PARTS`]: a filter that rejects most names.
fn may_contain_part(name: &[u8]) -> bool {
    const STARTS: [u32; PARTS.len()] = [
        u32::from_le_bytes(*b"pass"),
        u32::from_le_bytes(*b"secr"),
        u32::from_le_bytes(*b"sess"),
        u32::from_le_bytes(*b"toke"),
    ];
    name.windows(4).any(|four| {
        let four = u32::from_le_bytes([four[0], four[1], four[2], four[3]]) | 0x2020_2020;
        STARTS.contains(&four)
    })
}

/// The text with percent escapes decoded, if it has any.
fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', text)?;
    let mut decoded = Vec::new();
    let decoding = decode::percent(text, true, &mut decoded);
    (decoding.depth > 0).then_some(decoded)
}

/// Runs of letters and digits; `newPassword` is two words as well.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| !byte.is_ascii_alphanumeric()).flat_map(|run| {
        let mut rest = run;
        core::iter::from_fn(move || {
            let humps =
                rest.windows(2).position(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
            let (word, after) = rest.split_at(humps.map_or(rest.len(), |at| at + 1));
            rest = after;
            (!word.is_empty()).then_some(word)
        })
    })
}

#[cfg(test)]
mod tests;
