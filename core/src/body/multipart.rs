//! Multipart bodies, cut at their boundary (RFC 2046 section 5.1, RFC 7578).
//!
//! Parsers disagree about bare line feeds, about the text after a boundary and about bodies without an end. This one
//! cuts wherever some parser cuts, and sets [`Slices::irregular`] if others may not: then the caller inspects the body
//! as a whole too.

use memchr::memmem::{FindIter, Finder};

/// The header of a part must end within this many bytes.
pub(crate) const MAX_HEAD_BYTES: usize = 16 << 10;

/// A piece of a multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice<'b> {
    /// Header lines and content of a part.
    Part { head: &'b [u8], content: &'b [u8] },
    /// Text before the first boundary, after the last, or after a boundary that is not alone on its line.
    Loose(&'b [u8]),
    /// A part whose header does not end within [`MAX_HEAD_BYTES`].
    Headless(&'b [u8]),
}

/// The pieces of a multipart body, in order.
pub(crate) struct Slices<'b, 'd> {
    body: &'b [u8],
    candidates: FindIter<'b, 'd>,
    delimiter: usize,
    /// Where the current piece starts; `None` at the end.
    start: Option<usize>,
    /// Whether the current piece is a part.
    part: bool,
    closed: bool,
    /// Whether other parsers may cut elsewhere.
    pub(crate) irregular: bool,
}

impl<'b, 'd> Slices<'b, 'd> {
    /// Cut `body`; `delimiter` finds two dashes and the boundary.
    pub(crate) fn new(body: &'b [u8], delimiter: &'d Finder<'d>) -> Self {
        Self {
            body,
            candidates: delimiter.find_iter(body),
            delimiter: delimiter.needle().len(),
            start: Some(0),
            part: false,
            closed: false,
            irregular: false,
        }
    }

    /// The position of the next boundary at or after `from`.
    fn boundary(&mut self, from: usize) -> Option<usize> {
        let body = self.body;
        // The first boundary may be anywhere: some parsers do not require it to start a line.
        let first = from == 0;
        let found =
            self.candidates.by_ref().find(|at| *at >= from && (first || body[..*at].ends_with(b"\n")));
        if let Some(at) = found {
            self.irregular |= at > 0 && !body[..at].ends_with(b"\r\n");
        }
        found
    }

    /// Continue after the boundary at `at`.
    fn enter(&mut self, at: usize) {
        let after = at + self.delimiter;
        let rest = &self.body[after..];
        if rest.starts_with(b"--") {
            self.irregular |= self.closed;
            self.part = false;
            self.closed = true;
            self.start = Some(after + 2);
            return;
        }
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_end = match &rest[blank..] {
            [b'\r', b'\n', ..] => Some(2),
            [b'\n', ..] => Some(1),
            _ => None,
        };
        self.irregular |= line_end != Some(2) || self.closed;
        self.part = line_end.is_some();
        self.start = Some(after + blank + line_end.unwrap_or(0));
    }
}

impl<'b> Iterator for Slices<'b, '_> {
    type Item = Slice<'b>;

    fn next(&mut self) -> Option<Slice<'b>> {
        let start = self.start?;
        let part = self.part;
        let piece = match self.boundary(start) {
            Some(at) => {
                self.enter(at);
                line_before(&self.body[start..at])
            }
            None => {
                self.irregular |= !self.closed;
                self.start = None;
                &self.body[start.min(self.body.len())..]
            }
        };
        if !part {
            return Some(Slice::Loose(piece));
        }
        match head_end(&piece[..piece.len().min(MAX_HEAD_BYTES)]) {
            Some((end, after, regular)) => {
                self.irregular |= !regular;
                Some(Slice::Part { head: &piece[..end], content: &piece[after..] })
            }
            None if piece.len() > MAX_HEAD_BYTES => Some(Slice::Headless(piece)),
            None => {
                self.irregular = true;
                Some(Slice::Loose(piece))
            }
        }
    }
}

/// `text` without the line break that belongs to the next boundary.
fn line_before(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// The end of the header lines, the start of the content, and whether all lines end in CRLF.
fn head_end(text: &[u8]) -> Option<(usize, usize, bool)> {
    match text {
        // No header: some parsers search for the end of one nevertheless.
        [b'\r', b'\n', ..] => return Some((0, 2, false)),
        [b'\n', ..] => return Some((0, 1, false)),
        _ => {}
    }
    let mut regular = true;
    for at in memchr::memchr_iter(b'\n', text) {
        regular &= text[..at].ends_with(b"\r");
        match &text[at + 1..] {
            [b'\r', b'\n', ..] => return Some((at + 1, at + 3, regular)),
            [b'\n', ..] => return Some((at + 1, at + 2, false)),
            _ => {}
        }
    }
    None
}

/// The header lines of a part: name and value, folded lines included as written. A line without a colon is a value
/// without a name.
pub(crate) fn lines(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = head;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr_iter(b'\n', rest)
            .find(|at| !matches!(rest.get(at + 1), Some(b' ' | b'\t')))
            .map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(match memchr::memchr(b':', line) {
            Some(colon) => (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()),
            None => (&line[..0], line.trim_ascii()),
        })
    })
}

#[cfg(test)]
mod tests;
