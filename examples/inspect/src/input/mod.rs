//! Recorded requests, in any of the formats.
//!
//! Recorded input may be truncated, malformed or hostile. A record that cannot be read is reported with its location and
//! the reason, and reading continues after it; memory is bounded by [`MAX_RECORD`] for one record, not by the input.

mod access_log;
mod jsonl;
mod lines;
mod raw;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use bytes::Bytes;
use clap::ValueEnum;
use indicatif::ProgressBar;
use portcullis_core::Timestamp;
use serde_json::Value;

use lines::Lines;

/// The maximum length of a line, a request head or a body.
const MAX_RECORD: usize = 64 << 20;

/// The client of a request without `peer`: an address for documentation (RFC 5737).
const DEFAULT_PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// The format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// The combined log format of web servers
    AccessLog,
    /// HTTP/1.1 requests as on the wire, in a file or a directory of files
    Raw,
}

/// A recorded request.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its id in the output.
    pub(crate) id: Value,
    /// The number of its line, or of the request; from 1.
    pub(crate) position: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
    /// Its time, if that is known.
    pub(crate) at: Option<Timestamp>,
    /// The source of labelled data.
    pub(crate) source: Option<String>,
    /// The label of labelled data.
    pub(crate) label: Option<Label>,
}

/// The classification of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Attack,
    Benign,
}

/// A record that is not a request.
#[derive(Debug)]
pub(crate) enum Fault {
    /// One record is malformed; reading continues.
    Malformed { at: String, reason: String },
    /// The input cannot be read further.
    Unreadable(io::Error),
}

/// The requests of an input, in their order.
pub(crate) type Requests = Box<dyn Iterator<Item = Result<Request, Fault>>>;

/// Whether `path` is standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Open `path`, or standard input for `-`. `bar` counts the bytes that are read.
pub(crate) fn open(path: &Path, format: Format, bar: &ProgressBar) -> io::Result<Requests> {
    if format == Format::Raw {
        return Ok(Box::new(raw::open(path, bar)?));
    }
    let lines = Lines::new(open_file(path, bar)?, MAX_RECORD);
    Ok(match format {
        Format::AccessLog => Box::new(lines.parsed(access_log::parse)),
        Format::Jsonl | Format::Raw => Box::new(lines.parsed(jsonl::parse)),
    })
}

fn open_file(path: &Path, bar: &ProgressBar) -> io::Result<Box<dyn BufRead>> {
    if is_stdio(path) {
        return Ok(Box::new(BufReader::new(bar.wrap_read(io::stdin()))));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("is a directory; only `--format raw` reads one"));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, bar.wrap_read(file))))
}

/// The path and the query of a request target. The absolute form is reduced to the part after the host.
fn split_target(target: &str) -> (String, Option<String>) {
    let is_scheme =
        |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let origin = match target.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => &rest[rest.find(['/', '?']).unwrap_or(rest.len())..],
        _ => target,
    };
    let (path, query) = match origin.split_once('?') {
        Some((path, query)) => (path, Some(query.into())),
        None => (origin, None),
    };
    (if path.is_empty() { "/".into() } else { path.into() }, query)
}

/// Milliseconds since the epoch, if they are not before it.
fn timestamp(at: jiff::Timestamp) -> Result<Timestamp, String> {
    u64::try_from(at.as_millisecond())
        .map(Timestamp::from_millis)
        .map_err(|_| format!("`{at}` is before 1970"))
}

#[cfg(test)]
mod tests;
