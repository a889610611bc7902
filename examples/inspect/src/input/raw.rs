//! HTTP/1.1 requests as on the wire, one after another in a file, or in the files of a directory.
//!
//! A file is read as a server reads a connection: what the common HTTP parser rejects never reaches an application and is
//! reported as malformed, and after a request of unknown length the rest cannot be read.

use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use indicatif::ProgressBar;

use super::lines::{LineEnd, read_line};
use super::{DEFAULT_PEER, Fault, MAX_RECORD, Request, is_stdio, open_file, split_target};

/// The maximum length of a head: several times what servers accept.
const MAX_HEAD: usize = 1 << 20;

/// Open a file, the files of a directory and of those in it, or standard input.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> io::Result<Raw> {
    let files = if !is_stdio(path) && path.is_dir() { files(path)? } else { vec![path.into()] };
    // A file that does not open is reported before anything is inspected.
    let current = match files.as_slice() {
        [file] => Some(Wire::open(file, bar)?),
        _ => None,
    };
    let rest = if current.is_some() { Vec::new() } else { files };
    Ok(Raw { files: rest.into_iter(), current, position: 0, bar: bar.clone() })
}

/// Sorted by name, so that a run is reproducible. Links to directories are not followed.
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
            peer: DEFAULT_PEER,
            at: None,
            source: None,
            label: None,
        }))
    }

    /// Read up to the blank line that ends a head; returns the number of lines. Blank lines before a request are skipped, as
    /// RFC 9112 section 2.2 requires.
    fn read_head(&mut self) -> Result<usize, String> {
        self.head.clear();
        let mut lines = 0;
        loop {
            let room = MAX_HEAD - self.head.len().min(MAX_HEAD);
            let ending =
                read_line(&mut *self.input, room, &mut self.line).map_err(|error| error.to_string())?;
            match ending {
                LineEnd::Limit => return Err(format!("the head is longer than {MAX_HEAD} bytes")),
                LineEnd::Input if lines == 0 => return Ok(0),
                // A file may end with the head, without the blank line.
                LineEnd::Input => self.line.extend(b"\r\n"),
                LineEnd::Line => {}
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
        if length > MAX_RECORD as u64 {
            return Err(format!("the body has {length} bytes; at most {MAX_RECORD} are read"));
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

/// The length of the body. Without an unambiguous length the next request cannot be finding.
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
