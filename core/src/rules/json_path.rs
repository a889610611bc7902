//! Does a JSON document hold this text at this path?
//!
//! The reader of request bodies visits strings with the nearest key only; here numbers and literals count too, and the
//! whole path. One pass, no stack: as deep as the document matches the path, it is enough to know how deep that is. What
//! ends with the prefix, in the middle of a value, matches nothing.

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
        let mut reader = Reader { path: self, depth: 0, on: 0 };
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
                    } else if reader.is_there() && self.text == unquoted(quoted).to_lowercase() {
                        return true;
                    }
                    at += quoted.len();
                    continue;
                }
                byte if is_bare(*byte) => {
                    let rest = &document[at..];
                    let Some(length) = rest.iter().position(|byte| !is_bare(*byte)) else { return false };
                    if reader.is_there() && rest[..length].eq_ignore_ascii_case(self.text.as_bytes()) {
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

/// Where in a document a reader is, as far as the path is concerned.
struct Reader<'p> {
    path: &'p JsonPath,
    /// Objects and lists around this place.
    depth: usize,
    /// How many of them, from the outermost, are entered where the path says.
    on: usize,
}

impl Reader<'_> {
    fn enter(&mut self, position: Option<&Step>) {
        self.depth += 1;
        if let Some(position) = position {
            self.stand(|step| step == position);
        }
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.on = self.on.min(self.depth);
    }

    fn key(&mut self, quoted: &[u8]) {
        self.stand(|step| matches!(step, Step::Key(key) if *key == unquoted(quoted)));
    }

    /// Take a position in the innermost object or list.
    fn stand(&mut self, fits: impl FnOnce(&Step) -> bool) {
        let Some(outer) = self.depth.checked_sub(1) else { return };
        let here = self.on >= outer && self.path.steps.get(outer).is_some_and(fits);
        self.on = if here { self.depth } else { self.on.min(outer) };
    }

    /// Whether a value at this place is the one that the path names.
    fn is_there(&self) -> bool {
        self.depth == self.path.steps.len() && self.on == self.depth
    }
}

/// The length of the string that `rest` continues; `None` when it does not end.
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

/// The text of a string, its quotes included; of a broken one, what can be read of it.
fn unquoted(quoted: &[u8]) -> String {
    let plain = || String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned();
    if memchr::memchr(b'\\', quoted).is_none() {
        return plain();
    }
    serde_json::from_slice::<String>(quoted).unwrap_or_else(|_| plain())
}

#[cfg(test)]
mod tests;
