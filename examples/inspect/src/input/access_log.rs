//! The combined log format: `client ident user [time] "request line" status bytes "referer" "user agent"`.
//!
//! A log has the request line and two headers, so attacks in other headers and in bodies cannot be found in it. The common
//! format, without the two headers, is read too. Servers write unprintable bytes as `\xHH`.

use std::net::IpAddr;

use bytes::Bytes;
use portcullis_core::Timestamp;

use super::{Request, split_target, timestamp};

pub(super) fn parse(line: &[u8], number: u64) -> Result<Request, String> {
    let mut rest = Cursor(line);
    let peer = address(rest.until(b" ").ok_or("is not an access log line")?)?;
    rest.until(b"[").ok_or("has no `[time]`")?;
    let at = instant(rest.until(b"] ").ok_or("has no `[time]`")?)?;
    let request = rest.quoted().ok_or("has no quoted request line")?;
    let (method, target) = request_line(&request)?;
    let (path, query) = split_target(&wire_text(target));

    let headers = headers(rest)?;
    Ok(Request {
        id: number.into(),
        position: number,
        method,
        path,
        query,
        headers,
        body: Bytes::new(),
        peer,
        at: Some(at),
        source: None,
        label: None,
    })
}

/// The two headers after status and length, if the log has them.
fn headers(mut rest: Cursor<'_>) -> Result<Vec<(String, Vec<u8>)>, String> {
    if rest.until(b"\"").is_none() {
        return Ok(Vec::new());
    }
    let (Some(referer), Some(agent)) = (rest.open_quote(), rest.quoted()) else {
        return Err("ends within the referer or the user agent".into());
    };
    let headers = [("referer", referer), ("user-agent", agent)].into_iter();
    let sent = headers.filter(|(_, value)| value != b"-");
    Ok(sent.map(|(name, value)| (name.into(), value)).collect())
}

/// The unread part of a line.
struct Cursor<'l>(&'l [u8]);

impl<'l> Cursor<'l> {
    /// Everything before the next `end`, which is skipped.
    fn until(&mut self, end: &[u8]) -> Option<&'l [u8]> {
        let at = self.0.windows(end.len()).position(|window| window == end)?;
        let before = &self.0[..at];
        self.0 = &self.0[at + end.len()..];
        Some(before)
    }

    /// A quoted text, and a blank after it.
    fn quoted(&mut self) -> Option<Vec<u8>> {
        self.0 = self.0.strip_prefix(b"\"")?;
        self.open_quote()
    }

    /// The rest of a quoted text whose opening quote has been read, without its escapes.
    fn open_quote(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let (&first, rest) = self.0.split_first()?;
            self.0 = rest;
            match first {
                b'"' => {
                    self.0 = self.0.strip_prefix(b" ").unwrap_or(self.0);
                    return Some(text);
                }
                b'\\' => text.push(self.escaped()),
                byte => text.push(byte),
            }
        }
    }

    /// The byte of an escape; a backslash without a known escape is literal.
    fn escaped(&mut self) -> u8 {
        let (byte, length) = match *self.0 {
            [b'x', high, low, ..] => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'\\', 0),
            },
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [quoted @ (b'"' | b'\\'), ..] => (quoted, 1),
            _ => (b'\\', 0),
        };
        self.0 = &self.0[length..];
        byte
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn address(text: &[u8]) -> Result<IpAddr, String> {
    let text = String::from_utf8_lossy(text);
    text.parse().map_err(|_| format!("`{}` is not an address", text.escape_debug()))
}

fn instant(text: &[u8]) -> Result<Timestamp, String> {
    let text = String::from_utf8_lossy(text);
    let parsed = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", text.as_bytes());
    match parsed.and_then(|time| time.to_timestamp()) {
        Ok(at) => timestamp(at),
        Err(error) => Err(format!("`{}` is not a time: {error}", text.escape_debug())),
    }
}

/// Method and target. Targets may have blanks, because servers log them unchanged.
fn request_line(line: &[u8]) -> Result<(String, &[u8]), String> {
    let wrong = || format!("`{}` is not a request line", line.escape_ascii());
    let method = line.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
    let (method, target) = (&line[..method], &line[method + 1..]);
    let target = match target.iter().rposition(|byte| *byte == b' ') {
        Some(end) if target[end + 1..].starts_with(b"HTTP/") => &target[..end],
        _ => target,
    };
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    if method.is_empty() || target.is_empty() || !method.iter().all(token) {
        return Err(wrong());
    }
    Ok((String::from_utf8_lossy(method).into(), target))
}

/// A target as text: what is not UTF-8 becomes the percent escapes that a client could have sent instead.
fn wire_text(target: &[u8]) -> String {
    let mut text = String::with_capacity(target.len());
    for chunk in target.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
