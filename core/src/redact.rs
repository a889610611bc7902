//! Masking of secrets in reports: values whose names mark them as secrets are redacted.
//!
//! One scan of the text finds them, here and in the excerpts of findings. The work is linear in the output, which is bounded.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::{is_sensitive, secrets};
use crate::event::EVENT_TEXT;
use crate::request::canonical_path::{canonical_path, is_canonical};
use crate::request::head::{Head, HeaderFields};
use crate::rules::Rules;
use crate::text::{field, printable};

/// The replacement of a secret.
pub const REDACTED: &str = "[REDACTED]";
/// Maximum bytes of a path, and of each value of a query or header, that are read and written.
const MAX_TEXT: usize = 1024;
/// Maximum bytes of the name of a header.
const MAX_NAME: usize = 64;
/// Bytes of a query after which the rest is omitted.
const MAX_QUERY: usize = 64 << 10;
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
    /// The method of a request as one word: blanks, `"` and `\` are escaped.
    #[must_use]
    pub fn method(&self, head: &Head<'_>) -> String {
        field(&self.text(head.method.as_bytes()), MAX_TEXT, true)
    }

    /// The target of a request as one word: authority without user, path, and query. Blanks, `"` and `\` are escaped.
    #[must_use]
    pub fn url(&self, head: &Head<'_>) -> String {
        field(&self.target(head), MAX_LINE + MAX_TEXT, true)
    }

    fn target(&self, head: &Head<'_>) -> String {
        let mut url = String::new();
        if let Some(authority) = head.authority {
            url.push_str("//");
            url.push_str(&self.authority(authority));
        }
        url.push_str(&self.path(head.path));
        if let Some(query) = head.query {
            self.query(query, &mut url);
        }
        url
    }

    /// Append a query. A secret may contain the delimiters of pairs.
    fn query(&self, query: &str, url: &mut String) {
        let mut found = Vec::new();
        let end = query.len().min(MAX_QUERY);
        secrets(&query.as_bytes()[..end], self.more, &mut |secret| found.push(secret));
        let mut found = found.into_iter().peekable();
        let (mut separator, mut start) = ('?', 0);
        for pair in query.split(['&', ';']) {
            url.push(separator);
            separator = '&';
            if url.len() > MAX_LINE || start + pair.len() > end {
                url.push_str("...");
                break;
            }
            while found.next_if(|secret| secret.end <= start).is_some() {}
            let secret = found.peek().filter(|secret| secret.start < start + pair.len());
            url.push_str(&self.pair(pair, secret.map(|secret| secret.start.saturating_sub(start))));
            start += pair.len() + 1;
        }
    }

    /// A path, with [`REDACTED`] in place of secrets in its segments.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.path_within(path, MAX_TEXT)
    }

    /// [`Redact::path`] in at most `max` bytes.
    pub(crate) fn path_within(&self, path: &str, max: usize) -> String {
        let path = cut(path.as_bytes());
        if !self.contains_secret(path) {
            return printable(path, max);
        }
        let segments = self.segments(path).map(|segment| segment.unwrap_or(REDACTED.as_bytes()));
        printable(&segments.collect::<Vec<_>>().join(&b'/'), max)
    }

    /// The segments of a path, `None` in place of one with a secret, or with the user of a URL (`https://user@host`). The end
    /// of a secret is unknown here; it is in its segment.
    fn segments<'p>(&self, path: &'p [u8]) -> impl Iterator<Item = Option<&'p [u8]>> {
        let mut authority = false;
        path.split(|byte| *byte == b'/').map(move |segment| {
            let user = authority && segment.contains(&b'@');
            authority = segment.is_empty();
            Some(segment).filter(|segment| !user && !self.contains_secret(segment))
        })
    }

    /// The canonical path for the path of a request, as events name it. Secrets are masked in the path as received: an
    /// escaped slash in one must not end what is masked.
    #[must_use]
    pub fn endpoint(&self, path: &str) -> String {
        if is_canonical(path) {
            return self.path_within(path, EVENT_TEXT);
        }
        let masked = self
            .segments(path.as_bytes())
            .map(|segment| segment.map_or(REDACTED.into(), String::from_utf8_lossy));
        let masked = masked.collect::<Vec<_>>().join("/");
        printable(canonical_path(&masked, &mut String::new()).as_bytes(), EVENT_TEXT)
    }

    /// Header lines as `{"name": "value", ...}`. `"` and `\` are escaped in names and values.
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
            let name = field(&printable(name.as_bytes(), MAX_NAME), 2 * MAX_NAME, false);
            line.push_str(&alloc::format!("\"{name}\": \"{}\"", field(&value, MAX_TEXT, false)));
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

    /// A pair of a query, of which a secret starts at the byte `secret`.
    fn pair(&self, pair: &str, secret: Option<usize>) -> String {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        let sensitive = value.is_some() && is_sensitive(cut(name.as_bytes()), self.more);
        if !sensitive && secret.is_some_and(|start| start <= name.len()) {
            return REDACTED.into();
        }
        let written = self.text(name.as_bytes());
        match value {
            None | Some("") => alloc::format!("{written}{}", if value.is_some() { "=" } else { "" }),
            Some(_) if sensitive || secret.is_some() => alloc::format!("{written}={REDACTED}"),
            Some(value) => alloc::format!("{written}={}", self.text(value.as_bytes())),
        }
    }

    /// Whether the text contains a secret.
    fn contains_secret(&self, text: &[u8]) -> bool {
        let mut contains = false;
        secrets(text, self.more, &mut |_| contains = true);
        contains
    }
}

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(MAX_TEXT)]
}

#[cfg(test)]
mod tests;
