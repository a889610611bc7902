//! Recorded requests, whatever they were recorded in.
//!
//! Input is what somebody else sent to somebody else: it may be cut off, broken or hostile. One record that cannot be
//! read is reported with its place and the reason, and reading goes on behind it; memory is bounded by [`LONGEST`] for
//! one record, not by the input.

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

/// The longest line, request head or body that is read.
const LONGEST: usize = 64 << 20;

/// The client of a request that does not say whose it is: an address for documentation (RFC 5737).
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// The combined log format of web servers
    AccessLog,
    /// HTTP/1.1 requests as on the wire, in a file or a directory of files
    Raw,
}

/// A request that was recorded.
#[derive(Debug)]
pub(crate) struct Request {
    /// What the output calls it.
    pub(crate) id: Value,
    /// Its line, or which request it is; from 1.
    pub(crate) position: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
    /// When it happened, if that is known.
    pub(crate) at: Option<Timestamp>,
    /// Where labelled data comes from.
    pub(crate) source: Option<String>,
    /// What labelled data says it is.
    pub(crate) label: Option<Label>,
}

/// What somebody judged a request to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Attack,
    Benign,
}

/// Something that is not a request.
#[derive(Debug)]
pub(crate) enum Fault {
    /// One record is broken; reading goes on.
    Malformed { at: String, reason: String },
    /// Nothing more can be read.
    Unreadable(io::Error),
}

/// The requests of an input, in their order.
pub(crate) type Requests = Box<dyn Iterator<Item = Result<Request, Fault>>>;

/// Whether `path` stands for standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Open `path`, or standard input for `-`. What is read is counted on `bar`.
pub(crate) fn open(path: &Path, format: Format, bar: &ProgressBar) -> io::Result<Requests> {
    if format == Format::Raw {
        return Ok(Box::new(raw::open(path, bar)?));
    }
    let lines = Lines::new(open_file(path, bar)?, LONGEST);
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

/// The path and the query of a request target. The absolute form of proxies is reduced to what follows the host.
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
