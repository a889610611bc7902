//! Matches a text at a path of a JSON document.
//!
//! The reader of request bodies visits strings with their nearest key only; this one matches the whole path, and numbers and
//! literals too. It takes one pass and no stack: the number of levels that match the path is enough. A value that is cut by
//! the end of the prefix does not match.

use alloc::string::String;
use alloc::vec::Vec;

/// A path and the text at its end: `errors[].code==taken`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath {
    pub(crate) steps: Vec<Step>,
    /// In lower case.
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    /// Any element of a list.
    Any,
}

impl JsonPath {
    /// Whether `document` has the text at the path, case ignored.
    pub(crate) fn matches(&self, document: &[u8]) -> bool {
        let mut reader = Reader { path: self, depth: 0, matched: 0 };
        let mut at = 0;
        while let Some(byte) = document.get(at) {
            match byte {
                b'{' => reader.enter(None),
                b'[' => reader.enter(Some(&Step::Any)),
                b'}' | b']' => reader.leave(),
                b'"' => {
                    let Some(length) = string(&document[at + 1..]) else { return false };
                    let (quoted, rest) = document[at..].split_at(length + 2);
                    if is_key(rest) {
                        reader.key(quoted);
                    } else if reader.is_at_end() && self.text == unquoted(quoted).to_lowercase() {
                        return true;
                    }
                    at += quoted.len();
                    continue;
                }
                byte if is_bare(*byte) => {
                    let rest = &document[at..];
                    let Some(length) = rest.iter().position(|byte| !is_bare(*byte)) else { return false };
                    if reader.is_at_end() && rest[..length].eq_ignore_ascii_case(self.text.as_bytes()) {
                        return true;
                    }
                    at += length;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }
}

/// The position of the reader relative to the path.
struct Reader<'p> {
    path: &'p JsonPath,
    /// The number of objects and lists around this position.
    depth: usize,
    /// How many of them, from the outermost, match the path.
    matched: usize,
}

impl Reader<'_> {
    fn enter(&mut self, position: Option<&Step>) {
        self.depth += 1;
        if let Some(position) = position {
            self.match_step(|step| step == position);
        }
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.matched = self.matched.min(self.depth);
    }

    fn key(&mut self, quoted: &[u8]) {
        self.match_step(|step| matches!(step, Step::Key(key) if *key == unquoted(quoted)));
    }

    /// Match a position in the innermost object or list with its step of the path.
    fn match_step(&mut self, fits: impl FnOnce(&Step) -> bool) {
        let Some(outer) = self.depth.checked_sub(1) else { return };
        let matches = self.matched >= outer && self.path.steps.get(outer).is_some_and(fits);
        self.matched = if matches { self.depth } else { self.matched.min(outer) };
    }

    /// Whether a value at this position is at the end of the path.
    fn is_at_end(&self) -> bool {
        self.depth == self.path.steps.len() && self.matched == self.depth
    }
}

/// The length of the string that begins at `rest`; `None` if it has no end.
fn string(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn is_key(rest: &[u8]) -> bool {
    rest.trim_ascii_start().first() == Some(&b':')
}

const fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// The text of a string, which is given with its quotes. An invalid string is decoded lossily.
fn unquoted(quoted: &[u8]) -> String {
    let plain = || String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned();
    if memchr::memchr(b'\\', quoted).is_none() {
        return plain();
    }
    serde_json::from_slice::<String>(quoted).unwrap_or_else(|_| plain())
}

#[cfg(test)]
mod tests;
