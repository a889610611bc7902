//! Masking of secrets in reports: values whose names mark them as secrets are redacted.
//!
//! Used only for reports. A false positive costs an excerpt; a false negative leaks a secret. The work is linear in the
//! output, which is bounded.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::{is_sensitive, percent_decoded};
use crate::event::EVENT_TEXT;
use crate::request::canonical_path::{canonical_path, is_canonical};
use crate::request::head::{Head, HeaderFields};
use crate::rules::Rules;
use crate::text::printable;

/// The replacement of a secret.
pub const REDACTED: &str = "[REDACTED]";
/// Maximum bytes of a path, and of each value of a query or header, that are read and written.
const MAX_TEXT: usize = 1024;
/// Bytes of a URL or of a list of headers after which the rest is omitted.
const MAX_LINE: usize = 4096;

/// Writes requests for people and logs: printable, bounded, and with [`REDACTED`] in place of secrets.
///
/// ```
/// use portcullis_core::{Config, Head};
///
/// let engine = Config::default().compile()?;
/// let (parts, ()) = http::Request::get("/search?q=tea&api_key=s3cr3t")
///     .header("authorization", "Bearer s3cr3t")
///     .header("accept", "text/html")
///     .body(())
///     .unwrap()
///     .into_parts();
/// let head = Head::from(&parts);
/// assert_eq!(engine.redact().url(&head), "/search?q=tea&api_key=[REDACTED]");
/// assert_eq!(
///     engine.redact().headers(head.headers),
///     r#"{"authorization": "[REDACTED]", "accept": "text/html"}"#
/// );
/// # Ok::<(), portcullis_core::config::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Redact<'e> {
    more: &'e [String],
}

impl Rules {
    /// A writer of requests without secrets, which also masks the names of `detect.sensitive`.
    pub(crate) fn redact(&self) -> Redact<'_> {
        Redact { more: &self.detect.sensitive }
    }
}

impl Redact<'_> {
    /// The target of a request: authority without user, path, and query.
    #[must_use]
    pub fn url(&self, head: &Head<'_>) -> String {
        let mut url = String::new();
        if let Some(authority) = head.authority {
            url.push_str("//");
            url.push_str(&self.authority(authority));
        }
        url.push_str(&self.path(head.path));
        let Some(query) = head.query else { return url };
        let mut separator = '?';
        for pair in query.split(['&', ';']) {
            url.push(separator);
            separator = '&';
            if url.len() > MAX_LINE {
                url.push_str("...");
                break;
            }
            url.push_str(&self.pair(pair));
        }
        url
    }

    /// A path, with [`REDACTED`] in place of secrets in its segments.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.path_within(path, MAX_TEXT)
    }

    /// [`Redact::path`] in at most `max` bytes.
    pub(crate) fn path_within(&self, path: &str, max: usize) -> String {
        let path = cut(path.as_bytes());
        if memchr::memchr2(b'=', b'%', path).is_none() {
            return printable(path, max);
        }
        let segments = path.split(|byte| *byte == b'/');
        let segments = segments.map(|segment| self.text(segment)).collect::<Vec<_>>();
        printable(segments.join("/").as_bytes(), max)
    }

    /// The canonical path for the path of a request, as events name it. Secrets are masked in the path as received: an
    /// escaped slash in one must not end what is masked.
    #[must_use]
    pub fn endpoint(&self, path: &str) -> String {
        if is_canonical(path) {
            return self.path_within(path, EVENT_TEXT);
        }
        let segments = path.split('/');
        let masked =
            segments.map(|segment| if self.contains_secret(segment.as_bytes()) { REDACTED } else { segment });
        let masked = masked.collect::<Vec<_>>().join("/");
        printable(canonical_path(&masked, &mut String::new()).as_bytes(), EVENT_TEXT)
    }

    /// Header lines as `{"name": "value", ...}`.
    #[must_use]
    pub fn headers(&self, headers: &dyn HeaderFields) -> String {
        let mut line = String::from("{");
        let mut full = false;
        headers.for_each(&mut |name, value| {
            if full {
                return;
            }
            if line.len() > 1 {
                line.push_str(", ");
            }
            full = line.len() > MAX_LINE;
            if full {
                line.push_str("...");
                return;
            }
            let value =
                if is_sensitive(name.as_bytes(), self.more) { REDACTED.into() } else { self.text(value) };
            line.push_str(&alloc::format!("\"{}\": \"{value}\"", printable(name.as_bytes(), 64)));
        });
        line.push('}');
        line
    }

    /// A text, or [`REDACTED`] if it contains a sensitive name with a value: `token=...`, `"password": ...`.
    #[must_use]
    pub fn text(&self, text: &[u8]) -> String {
        self.text_within(text, MAX_TEXT)
    }

    /// [`Redact::text`] in at most `max` bytes.
    pub(crate) fn text_within(&self, text: &[u8], max: usize) -> String {
        let text = cut(text);
        if self.contains_secret(text) { REDACTED.into() } else { printable(text, max) }
    }

    fn authority(&self, authority: &str) -> String {
        let authority = cut(authority.as_bytes());
        match authority.iter().rposition(|byte| *byte == b'@') {
            Some(at) => alloc::format!("{REDACTED}@{}", printable(&authority[at + 1..], MAX_TEXT)),
            None => printable(authority, MAX_TEXT),
        }
    }

    fn pair(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) if is_sensitive(cut(name.as_bytes()), self.more) => {
                let written = if value.is_empty() { "" } else { REDACTED };
                alloc::format!("{}={written}", printable(cut(name.as_bytes()), MAX_TEXT))
            }
            Some((name, value)) => {
                alloc::format!(
                    "{}={}",
                    printable(cut(name.as_bytes()), MAX_TEXT),
                    self.text(value.as_bytes())
                )
            }
            None => self.text(pair.as_bytes()),
        }
    }

    /// Whether the text contains a sensitive name with a value, as it is or after percent decoding.
    fn contains_secret(&self, text: &[u8]) -> bool {
        self.names_secret(text) || percent_decoded(text).is_some_and(|text| self.names_secret(&text))
    }

    /// Whether a sensitive name precedes a `=` or `:`, or names an XML element. Each name is checked once.
    fn names_secret(&self, text: &[u8]) -> bool {
        let mut rest = text;
        while let Some(at) = memchr::memchr3(b'=', b':', b'>', rest) {
            let before = rest[..at].trim_ascii_end();
            let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
            let start = before.iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
            rest = &rest[at + 1..];
            if start < before.len() && !rest.is_empty() && is_sensitive(&before[start..], self.more) {
                return true;
            }
        }
        false
    }
}

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(MAX_TEXT)]
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%')
}

#[cfg(test)]
mod tests;
