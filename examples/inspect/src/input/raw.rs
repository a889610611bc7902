//! HTTP/1.1 requests as they stand on the wire, one after another in a file, or in the files of a directory.
//!
//! A file is read as a server would read a connection: what the common HTTP parser refuses never reaches an application
//! and is reported as malformed, and behind a request whose end is not known nothing can be read.

use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use indicatif::ProgressBar;

use super::lines::{Ending, read_line};
use super::{Fault, LONGEST, NOBODY, Request, is_stdio, open_file, split_target};

/// The longest head: several times what servers accept.
const LONGEST_HEAD: usize = 1 << 20;

/// Open a file, the files of a directory and of those in it, or standard input.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> io::Result<Raw> {
    let files = if !is_stdio(path) && path.is_dir() { files(path)? } else { vec![path.into()] };
    // One that does not open should say so before anything is inspected.
    let current = match files.as_slice() {
        [file] => Some(Wire::open(file, bar)?),
        _ => None,
    };
    let rest = if current.is_some() { Vec::new() } else { files };
    Ok(Raw { files: rest.into_iter(), current, position: 0, bar: bar.clone() })
}

/// In the order of their names, so that a run can be repeated. Links to directories are not followed.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                directories.push(entry.path());
            } else if entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The requests of all files.
pub(super) struct Raw {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<Wire>,
    position: u64,
    bar: ProgressBar,
}

impl Iterator for Raw {
    type Item = Result<Request, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let wire = match &mut self.current {
                Some(wire) => wire,
                None => {
                    let file = self.files.next()?;
                    match Wire::open(&file, &self.bar) {
                        Ok(wire) => self.current.insert(wire),
                        Err(error) => return Some(Err(malformed(&file, error))),
                    }
                }
            };
            self.position += 1;
            match wire.request(self.position) {
                Ok(Some(request)) => return Some(Ok(request)),
                Ok(None) => self.position -= 1,
                Err(fault) => {
                    self.current = None;
                    return Some(Err(fault));
                }
            }
            self.current = None;
        }
    }
}

fn malformed(file: &Path, error: io::Error) -> Fault {
    Fault::Malformed { at: file.display().to_string(), reason: error.to_string() }
}

/// One file, read like a connection.
struct Wire {
    name: String,
    input: Box<dyn BufRead>,
    count: u64,
    line: Vec<u8>,
    head: Vec<u8>,
}

impl Wire {
    fn open(file: &Path, bar: &ProgressBar) -> io::Result<Self> {
        let name = if is_stdio(file) { "-".into() } else { file.display().to_string() };
        let input = open_file(file, bar)?;
        Ok(Self { name, input, count: 0, line: Vec::new(), head: Vec::new() })
    }

    /// The next request; `None` at the end of the file.
    fn request(&mut self, position: u64) -> Result<Option<Request>, Fault> {
        self.count += 1;
        let at = format!("{}, request {}", self.name, self.count);
        let broken = |reason: String| Fault::Malformed { at: at.clone(), reason };
        let lines = self.read_head().map_err(broken)?;
        if lines == 0 {
            return Ok(None);
        }
        let mut headers = vec![httparse::EMPTY_HEADER; lines];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&self.head) {
            Ok(status) if status.is_complete() => {}
            Ok(_) => return Err(broken("the head is not complete".into())),
            Err(error) => {
                return Err(broken(format!("{error}; is the `content-length` before it right?")));
            }
        }
        let method = parsed.method.unwrap_or_default().into();
        let (path, query) = split_target(parsed.path.unwrap_or_default());
        let headers: Vec<(String, Vec<u8>)> =
            parsed.headers.iter().map(|header| (header.name.into(), header.value.into())).collect();
        let length = body_length(&headers).map_err(broken)?;
        let body = self.read_body(length).map_err(broken)?;
        Ok(Some(Request {
            id: format!("{}#{}", self.name, self.count).into(),
            position,
            method,
            path,
            query,
            headers,
            body,
            peer: NOBODY,
            at: None,
            source: None,
            label: None,
        }))
    }

    /// Read up to the blank line that ends a head; returned is how many lines there were. Blank lines before a request
    /// are passed over, as RFC 9112 section 2.2 asks.
    fn read_head(&mut self) -> Result<usize, String> {
        self.head.clear();
        let mut lines = 0;
        loop {
            let room = LONGEST_HEAD - self.head.len().min(LONGEST_HEAD);
            let ending =
                read_line(&mut *self.input, room, &mut self.line).map_err(|error| error.to_string())?;
            match ending {
                Ending::Limit => return Err(format!("the head is longer than {LONGEST_HEAD} bytes")),
                Ending::Input if lines == 0 => return Ok(0),
                // A file may end with the head, without the blank line.
                Ending::Input => self.line.extend(b"\r\n"),
                Ending::Line => {}
            }
            let blank = matches!(self.line.as_slice(), b"\n" | b"\r\n");
            if blank && lines == 0 {
                continue;
            }
            if !self.line.ends_with(b"\n") {
                self.line.extend(b"\r\n");
            }
            self.head.extend(&self.line);
            if blank {
                return Ok(lines);
            }
            lines += 1;
        }
    }

    fn read_body(&mut self, length: u64) -> Result<Bytes, String> {
        if length > LONGEST as u64 {
            return Err(format!("the body has {length} bytes; at most {LONGEST} are read"));
        }
        let mut body = Vec::new();
        let input = &mut *self.input;
        let read = input.take(length).read_to_end(&mut body).map_err(|error| error.to_string())?;
        if (read as u64) < length {
            return Err(format!("the body ends after {read} of {length} bytes"));
        }
        Ok(body.into())
    }
}

/// How long the body is. Without an unambiguous length the next request cannot be found.
fn body_length(headers: &[(String, Vec<u8>)]) -> Result<u64, String> {
    let mut length = None;
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err("has a `transfer-encoding`; record the body with `content-length` instead".into());
        }
        if !name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        let text = str::from_utf8(value).unwrap_or_default();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let stated = text.parse().ok().filter(|_| digits);
        let stated = stated.ok_or_else(|| format!("`content-length` is `{}`", value.escape_ascii()))?;
        if length.is_some_and(|length| length != stated) {
            return Err("has two `content-length` that differ".into());
        }
        length = Some(stated);
    }
    Ok(length.unwrap_or(0))
}
