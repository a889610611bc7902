//! Which values must not leave the process: those whose names say that they are secrets.
//!
//! Used only when there is something to report. Masking too much costs an excerpt; masking too little costs a secret.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::decode;

/// What words of secrets have in common: `passwords`, `PHPSESSID`, `xsrftoken`.
const PARTS: [&str; 4] = ["passw", "secret", "sess", "token"];
/// Words that make a name a secret's, wherever they stand in it: `new_password`, `user[token]`, `X-Api-Key`.
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
/// Names that are secrets' only as a whole.
const NAMES: [&str; 3] = ["api_key", "x-api-key", "x_api_key"];

/// Whether values of `name` stay out of events; `more` are the operator's names, in lower case.
pub(crate) fn is_sensitive(name: &[u8], more: &[String]) -> bool {
    let mut decoded = Vec::new();
    let undone = decode::percent(name, true, &mut decoded);
    let name = if undone.depth > 0 { &decoded } else { name };
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    let part = |known: &str| words(name).any(|word| word.eq_ignore_ascii_case(known.as_bytes()));
    let holds = |part: &str| name.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part.as_bytes()));
    NAMES.into_iter().any(is)
        || PARTS.into_iter().any(holds)
        || WORDS.into_iter().any(part)
        || more.iter().any(|known| is(known) || part(known))
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
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_a_word_of_their_name() {
        for name in [
            "password",
            "Password",
            "new_password",
            "newPassword",
            "user[password]",
            "user%5Bpassword%5D",
            "p%61ssword",
            "a.b.token",
            "X-Api-Key",
            "access_token",
            "refreshToken",
            "Authorization",
            "session",
            "sid",
            "card-pin",
        ] {
            assert!(is_sensitive(name.as_bytes(), &[]), "{name}");
        }
        for name in ["q", "compass", "passenger", "author", "spin", "keyword", "residence", ""] {
            assert!(!is_sensitive(name.as_bytes(), &[]), "{name}");
        }
    }

    #[test]
    fn the_operator_adds_names() {
        let more = [String::from("iban")];
        assert!(is_sensitive(b"customer[IBAN]", &more) && is_sensitive(b"iban", &more));
        assert!(!is_sensitive(b"urban", &more));
    }
}
