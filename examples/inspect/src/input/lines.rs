//! Lines of bounded length.

use std::io::{self, BufRead, Read};

use super::{Fault, Request};

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// At the end of the input: there was no line.
    Input,
    /// At the line feed, or at the end of the input.
    Line,
    /// At the limit: the line is longer. Its rest has been skipped.
    Limit,
}

/// Read one line with its line feed into `buffer`, of which at most `limit` bytes are kept.
pub(super) fn read_line(input: &mut dyn BufRead, limit: usize, buffer: &mut Vec<u8>) -> io::Result<LineEnd> {
    buffer.clear();
    let read = Read::take(&mut *input, limit as u64 + 1).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(LineEnd::Input);
    }
    if read <= limit || buffer.ends_with(b"\n") {
        return Ok(LineEnd::Line);
    }
    input.skip_until(b'\n')?;
    Ok(LineEnd::Limit)
}

/// An input that has one record a line.
pub(super) struct Lines {
    input: Box<dyn BufRead>,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
}

impl Lines {
    pub(super) fn new(input: Box<dyn BufRead>, limit: usize) -> Self {
        Self { input, limit, number: 0, buffer: Vec::new() }
    }

    /// The records. `parse` receives each line with its number and without its ending; blank lines are skipped.
    pub(super) fn parsed(
        mut self,
        parse: fn(&[u8], u64) -> Result<Request, String>,
    ) -> impl Iterator<Item = Result<Request, Fault>> {
        std::iter::from_fn(move || self.next(parse))
    }

    fn next(&mut self, parse: fn(&[u8], u64) -> Result<Request, String>) -> Option<Result<Request, Fault>> {
        loop {
            let ending = match read_line(&mut *self.input, self.limit, &mut self.buffer) {
                Ok(ending) => ending,
                Err(error) => return Some(Err(Fault::Unreadable(error))),
            };
            self.number += 1;
            let parsed = match ending {
                LineEnd::Input => return None,
                LineEnd::Limit => Err(format!("is longer than {} bytes", self.limit)),
                LineEnd::Line => {
                    let line = self.buffer.trim_ascii();
                    // Some editors begin a text with a byte-order mark.
                    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                    if line.is_empty() {
                        continue;
                    }
                    parse(line, self.number)
                }
            };
            let at = format!("line {}", self.number);
            return Some(parsed.map_err(|reason| Fault::Malformed { at, reason }));
        }
    }
}
