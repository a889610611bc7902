//! The canonical path: one spelling for all paths that some router reads as the same path.
//!
//! Restrictions compare it: limits of single paths and trap paths, on both sides, so that no spelling has a budget of its
//! own. Events name it as their endpoint. Two paths that a router sends to the same place must have one canonical path; the
//! reverse does not hold (`/a` and `/a/` may be two routes). So it must never grant anything: an exemption
//! (`exclude_paths`, `detect.exclude`) compares the path as received, and only if [`is_ambiguous`] finds one reading of it.
//! It must not choose a handler or a policy either: the framework has matched the route.
//!
//! [`is_ambiguous`]: crate::detect::is_ambiguous
//!
//! In this order:
//!
//! 1. Escapes are decoded once, in any case of their digits, `%2F` and `%2E` included. What is no escape stays, and so does
//!    what one round leaves: `/%2561` is `/%61`. No router decodes twice.
//! 2. A backslash is a slash, as URL parsers of browsers and some file servers read it.
//! 3. The path is cut at slashes. Parameters of a segment (`;x=1`, RFC 3986 section 3.3) are dropped, then empty segments
//!    and `.`; `..` removes the segment before it (RFC 3986 section 5.2.4). No slash follows the last segment.
//! 4. Bytes that are not UTF-8 become U+FFFD, as in Actix and Rocket.
//!
//! Case, NUL and other control characters are unchanged, and an escaped `?` starts no query. `*` (RFC 9112 section 3.2.4) and
//! the empty path of `CONNECT` are no paths and stay as they are.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::detect::decode::work::work;

/// Whether a path is its own canonical path: one pass, without a copy.
pub(crate) fn is_canonical(path: &str) -> bool {
    work(path.len());
    let segments = match path.as_bytes() {
        b"" | b"*" | b"/" => return true,
        [b'/', segments @ ..] => segments,
        _ => return false,
    };
    let mut plain = true;
    let segments = segments.split(|byte| {
        plain &= !matches!(byte, b'%' | b'\\' | b';');
        *byte == b'/'
    });
    let named = segments.into_iter().all(|segment| !matches!(segment, b"" | b"." | b".."));
    named && plain
}

/// The canonical path: `path` itself, or its form in `buffer`, which has at most the length received, and one more for a path
/// that does not start with a slash.
pub(crate) fn canonical_path<'p>(path: &'p str, buffer: &'p mut String) -> &'p str {
    if is_canonical(path) {
        return path;
    }
    write_canonical(path, buffer);
    buffer
}

/// Write the canonical path of one that [`is_canonical`] rejects into `buffer`.
pub(crate) fn write_canonical(path: &str, buffer: &mut String) {
    work(path.len());
    let mut bytes = core::mem::take(buffer).into_bytes();
    bytes.clear();
    decode(path.as_bytes(), &mut bytes);
    if bytes.first() != Some(&b'/') {
        bytes.insert(0, b'/');
    }
    remove_segments(&mut bytes);
    *buffer = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Each byte that is not UTF-8 was an escape of three bytes, as many as U+FFFD has.
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
}

/// The canonical form of a path in a configuration. An error for one that routers can read in different ways: what its author
/// meant is not known.
pub(crate) fn configured_path(path: &str) -> Result<String, String> {
    if !path.starts_with('/') {
        return Err("must start with `/`".into());
    }
    let canonical = canonical_path(path, &mut String::new()).to_string();
    let mut name = Vec::new();
    let has_one_reading = path.split('/').all(|segment| {
        name.clear();
        decode(segment.as_bytes(), &mut name);
        !matches!(&name[..], b"." | b"..") && memchr::memchr2(b'/', b';', &name).is_none()
    });
    if has_one_reading {
        return Ok(canonical);
    }
    Err(format!("`{path}` can be read as several paths; write `{canonical}`, which covers all its spellings"))
}

/// Decode escapes once, and turn backslashes into slashes.
fn decode(path: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = path;
    while let [first, ..] = rest {
        let (byte, read) = escape(rest).map_or((*first, 1), |byte| (byte, 3));
        decoded.push(if byte == b'\\' { b'/' } else { byte });
        rest = &rest[read..];
    }
}

/// The byte of the escape at the start of a text.
fn escape(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// Remove parameters, empty segments and dot segments in place. The path starts with a slash. Linear: what `..` searches
/// backwards is removed.
fn remove_segments(path: &mut Vec<u8>) {
    // Segments are only moved forwards: `kept` is before the slash in front of `start`, or at it.
    let (mut kept, mut start) = (0, 1);
    while start <= path.len() {
        let until = |stop: u8, end: usize| {
            memchr::memchr(stop, &path[start..end]).map_or(end, |length| start + length)
        };
        let end = until(b'/', path.len());
        let name = until(b';', end);
        match &path[start..name] {
            b"" | b"." => {}
            b".." => kept = memchr::memrchr(b'/', &path[..kept]).unwrap_or_default(),
            segment => {
                let length = segment.len();
                path[kept] = b'/';
                path.copy_within(start..name, kept + 1);
                kept += 1 + length;
            }
        }
        start = end + 1;
    }
    path.truncate(kept.max(1));
}

#[cfg(test)]
mod tests;
