//! Lines of bounded length.

use std::io::{self, BufRead, Read};

use super::{Fault, Request};

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// There was no more line.
    Input,
    /// With the line itself.
    Line,
    /// Before it was complete: it is longer than what is read. The rest of it has been skipped.
    Limit,
}

/// Read one line with its line feed into `buffer`, of which at most `limit` bytes are kept.
pub(super) fn read_line(input: &mut dyn BufRead, limit: usize, buffer: &mut Vec<u8>) -> io::Result<Ending> {
    buffer.clear();
    let read = Read::take(&mut *input, limit as u64 + 1).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(Ending::Input);
    }
    if read <= limit || buffer.ends_with(b"\n") {
        return Ok(Ending::Line);
    }
    input.skip_until(b'\n')?;
    Ok(Ending::Limit)
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

    /// The records. `parse` sees each line with its number and without its ending; blank lines are passed over.
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
                Ending::Input => return None,
                Ending::Limit => Err(format!("is longer than {} bytes", self.limit)),
                Ending::Line => {
                    let line = self.buffer.trim_ascii();
                    // Editors of some systems open a text with a byte-order mark.
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
