//! Multipart bodies, cut at their boundary (RFC 2046 section 5.1, RFC 7578).
//!
//! Parsers disagree about bare line feeds, about what may follow a boundary and about bodies without an end. Every place
//! that some parser cuts at is cut at here, and [`Slices::irregular`] says that others may not have: then the caller looks
//! at the body as a whole too.

use memchr::memmem::{FindIter, Finder};

/// Bytes of the header of a part that are looked at.
pub(crate) const HEAD_LIMIT: usize = 16 << 10;

/// A piece of a multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice<'b> {
    /// Header lines and content of a part.
    Part { head: &'b [u8], content: &'b [u8] },
    /// What stands before the first boundary, behind the last, or behind a boundary that is not alone on its line.
    Loose(&'b [u8]),
    /// A part whose header does not end within [`HEAD_LIMIT`].
    Headless(&'b [u8]),
}

/// The pieces of a multipart body, in order.
pub(crate) struct Slices<'b, 'd> {
    body: &'b [u8],
    candidates: FindIter<'b, 'd>,
    delimiter: usize,
    /// Where the current piece starts; `None` at the end.
    start: Option<usize>,
    /// What the current piece is.
    part: bool,
    closed: bool,
    /// Whether parsers may cut elsewhere.
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

    /// The next boundary behind `from`: where it stands, or `None` if there is none.
    fn boundary(&mut self, from: usize) -> Option<usize> {
        let body = self.body;
        // Anywhere, for the first one: there are parsers that do not ask for a line of its own.
        let first = from == 0;
        let found =
            self.candidates.by_ref().find(|at| *at >= from && (first || body[..*at].ends_with(b"\n")));
        if let Some(at) = found {
            self.irregular |= at > 0 && !body[..at].ends_with(b"\r\n");
        }
        found
    }

    /// Go on behind the boundary at `at`.
    fn enter(&mut self, at: usize) {
        let behind = at + self.delimiter;
        let rest = &self.body[behind..];
        if rest.starts_with(b"--") {
            self.irregular |= self.closed;
            self.part = false;
            self.closed = true;
            self.start = Some(behind + 2);
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
        self.start = Some(behind + blank + line_end.unwrap_or(0));
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
        match head_end(&piece[..piece.len().min(HEAD_LIMIT)]) {
            Some((end, behind, regular)) => {
                self.irregular |= !regular;
                Some(Slice::Part { head: &piece[..end], content: &piece[behind..] })
            }
            None if piece.len() > HEAD_LIMIT => Some(Slice::Headless(piece)),
            None => {
                self.irregular = true;
                Some(Slice::Loose(piece))
            }
        }
    }
}

/// Without the line break that belongs to the boundary behind it.
fn line_before(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Where the header lines end and the content starts, and whether the lines end as they should.
fn head_end(text: &[u8]) -> Option<(usize, usize, bool)> {
    match text {
        // No header at all: some parsers search for the end of one all the same.
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

/// The header lines of a part: name and value, folded lines joined as they stand. A line without a colon is a value
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
