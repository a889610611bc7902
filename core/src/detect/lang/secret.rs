//! The secrets in a text: values under a name that [`is_sensitive`], in the notations of forms, URLs, cookies, header lines,
//! JSON, GraphQL, XML, multipart bodies and programs, however often their delimiters are escaped; the user of a URL; and
//! credentials of HTTP after the name of their scheme.
//!
//! Only reports read the result. Where a notation is ambiguous, the longer value is the secret: a false positive costs a part of
//! an excerpt, a false negative discloses a secret. One pass reads the text; it stores no more than the last name.

mod unit;
mod value;

use alloc::string::String;
use core::ops::Range;

use arrayvec::ArrayVec;

use super::sensitive_name::is_sensitive;
use unit::{Unit, is_name};

/// The last bytes of a name that are kept.
const MAX_NAME: usize = 128;
/// Names whose value is the name of another value: `{"name": "password", "value": ..}`, `name="password"` in a multipart head.
const KEYS: [&str; 10] =
    ["field", "header", "id", "key", "label", "name", "param", "parameter", "property", "type"];

/// Calls `found` with the range of each secret of `text`, in order and without overlap. `more` are the operator's names.
pub(crate) fn secrets(text: &[u8], more: &[String], found: &mut dyn FnMut(Range<usize>)) {
    let mut reader = Reader { text, more, name: ArrayVec::new(), ..Reader::default() };
    let mut at = 0;
    while at < text.len() {
        let unit = unit::read(text, at);
        at = match reader.secret_after(unit) {
            Some(secret) if !secret.is_empty() => {
                reader.clear();
                let end = secret.end.max(unit.end);
                found(secret);
                end
            }
            _ => unit.end,
        };
    }
}

/// The name before the current character, and what it belongs to.
#[derive(Default)]
struct Reader<'t> {
    text: &'t [u8],
    more: &'t [String],
    name: ArrayVec<u8, MAX_NAME>,
    /// A letter before the name that may belong to an escape: the `n` of `\npassword`.
    escape: bool,
    /// The name is complete: a blank or a quote follows it.
    complete: bool,
    /// A quote follows the name.
    quoted: bool,
    /// `<` precedes the name.
    tag: bool,
    /// The last character was `/`.
    slash: bool,
    /// The last character was a backslash that escapes no delimiter.
    backslash: bool,
    /// Where the next `@` is, as far as it was searched.
    at_sign: usize,
}

impl Reader<'_> {
    /// The secret that starts behind `unit`, if one does.
    fn secret_after(&mut self, unit: Unit) -> Option<Range<usize>> {
        let (slash, backslash) = (self.slash, self.backslash);
        (self.slash, self.backslash) = (unit.byte == b'/', unit.byte == b'\\');
        if is_name(unit.byte) {
            if self.complete {
                self.clear();
            }
            self.escape |= self.name.is_empty() && backslash;
            self.push(unit.byte);
            return None;
        }
        match unit.byte {
            b' ' | b'\t' | b'+' | b'"' | b'\'' | b'`' | b'\\' | b'>' | b'/' if self.tag => {
                self.tag_value(unit)
            }
            b' ' | b'\t' | b'+' => self.credential(unit),
            b'"' | b'\'' | b'`' | b'\\' => {
                (self.complete, self.quoted) = (true, unit.byte != b'\\');
                None
            }
            b'=' | b':' => self.named_value(unit),
            b',' if self.quoted && self.is_sensitive() => value::next_string(self.text, unit.end),
            b'<' => {
                self.clear();
                self.tag = true;
                None
            }
            b'/' if slash => value::user_of_url(self.text, unit.end, &mut self.at_sign),
            _ => {
                self.clear();
                None
            }
        }
    }

    /// The value behind `=` or `:`.
    fn named_value(&mut self, unit: Unit) -> Option<Range<usize>> {
        // The prefix of an element name is no name of its own.
        let prefix = self.tag && unit.byte == b':';
        let secret = if prefix {
            None
        } else if self.is_sensitive() {
            let structured = self.names().any(value::is_structured);
            value::of_pair(self.text, unit, structured)
        } else if self.is_key() {
            value::of_named_pair(self.text, unit, |name| is_sensitive(name, self.more))
        } else {
            None
        };
        self.clear();
        self.tag = prefix;
        secret
    }

    /// The content and the attributes of an element, behind its name.
    fn tag_value(&mut self, unit: Unit) -> Option<Range<usize>> {
        let secret = if self.is_sensitive() { value::of_element(self.text, unit, &self.name) } else { None };
        self.clear();
        secret
    }

    /// The credential behind the name of its scheme (RFC 9110, section 11.4).
    fn credential(&mut self, unit: Unit) -> Option<Range<usize>> {
        let is_first = !self.complete;
        self.complete = true;
        if is_first { value::of_scheme(self.text, unit.end, &self.name) } else { None }
    }

    fn is_sensitive(&self) -> bool {
        self.names().any(|name| !name.is_empty() && is_sensitive(name, self.more))
    }

    /// The name, and the name without a letter that may belong to an escape.
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let rest = self.name.get(1..).filter(|_| self.escape);
        core::iter::once(&self.name[..]).chain(rest)
    }

    fn is_key(&self) -> bool {
        let last = self.name.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
        KEYS.iter().any(|key| last.eq_ignore_ascii_case(key.as_bytes()))
    }

    fn push(&mut self, byte: u8) {
        if self.name.is_full() {
            self.name.drain(..MAX_NAME / 2);
        }
        self.name.push(byte);
    }

    fn clear(&mut self) {
        self.name.clear();
        (self.complete, self.quoted, self.tag, self.escape) = (false, false, false, false);
    }
}

#[cfg(test)]
mod tests;
