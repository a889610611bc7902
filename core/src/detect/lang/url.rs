//! URLs, read as the most lenient client reads them.
//!
//! Browsers and libraries follow the WHATWG standard to different degrees: slashes may be missing, too many or
//! backslashes, tabs and line breaks are removed, numbers are addresses in any base. Where they differ is recorded,
//! because benign links are read the same by all.

mod address;

use crate::detect::decode::work::work;

pub(in crate::detect) use address::{Address, Spelling};

#[cfg(test)]
mod tests;

/// Bytes of an authority that are looked at; names of hosts end far earlier.
const AUTHORITY: usize = 256;
/// Bytes of a scheme.
const SCHEME: usize = 16;
/// Characters between the scheme and the host that are skipped.
const SLASHES: usize = 16;

/// A URL taken apart.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Url<'u> {
    /// The scheme, without its colon; empty where there is no name.
    pub(in crate::detect) scheme: &'u [u8],
    /// The bytes between the scheme and the authority.
    pub(in crate::detect) slashes: &'u [u8],
    /// The bytes before the last `@`; `None` without one.
    pub(in crate::detect) user: Option<&'u [u8]>,
    /// The host, with its brackets, without its port.
    pub(in crate::detect) host: &'u [u8],
    /// The port, if it is one.
    pub(in crate::detect) port: Option<u16>,
    /// The path and all that follows.
    pub(in crate::detect) rest: &'u [u8],
    /// Whether readers disagree about where the authority ends.
    pub(in crate::detect) ambiguous: bool,
}

impl<'u> Url<'u> {
    /// The URL that `text` starts with, if it names a host: after a scheme, or after two slashes.
    pub(in crate::detect) fn of(text: &'u [u8]) -> Option<Self> {
        let start = text.iter().position(|byte| *byte > b' ' && !matches!(byte, b'"' | b'\''))?;
        let text = &text[start..];
        let (scheme, after) = scheme(text).unwrap_or((&text[..0], text));
        let len =
            after.iter().take(SLASHES).take_while(|byte| is_slash(**byte) || is_dropped(**byte)).count();
        let (slashes, rest) = after.split_at(len);
        let count = slashes.iter().filter(|byte| is_slash(**byte)).count();
        // Schemes of the web need no slashes, others and none need two.
        if count < 2 && !is_web(scheme) {
            return None;
        }
        Self { scheme, slashes, ..Self::authority(rest) }.named()
    }

    /// The URL without scheme and slashes that `text` starts with: a host and what follows.
    pub(in crate::detect) fn of_host(text: &'u [u8]) -> Option<Self> {
        Self::authority(text.trim_ascii()).named()
    }

    /// The URL, if its host can be one.
    fn named(self) -> Option<Self> {
        (!self.host.is_empty() && self.host.iter().all(|byte| is_of_host(*byte))).then_some(self)
    }

    fn authority(text: &'u [u8]) -> Self {
        let window = &text[..text.len().min(AUTHORITY)];
        let end =
            window.iter().position(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#')).unwrap_or(window.len());
        work(end);
        let blank = window[..end].iter().position(|byte| ends_text(*byte));
        // Some read on behind a blank if a user's name seems to end there, others end at the blank. Mentions and the
        // addresses of mails are prose.
        let split = blank.is_some_and(|blank| {
            let after = &window[blank..end];
            let name = memchr::memchr(b'@', after).map_or(&after[..0], |at| after[..at].trim_ascii());
            blank > 0 && after[0] == b' ' && !name.is_empty() && !name.iter().any(u8::is_ascii_alphanumeric)
        });
        let end = if split { end } else { blank.unwrap_or(end) };
        let (authority, rest) = text.split_at(end);
        let at = memchr::memrchr(b'@', authority);
        let several = at.is_some_and(|at| memchr::memchr(b'@', &authority[..at]).is_some());
        let fragment = rest.starts_with(b"#@") || rest.starts_with(b"\\@") || rest.starts_with(b"# @");
        let (user, place) = at.map_or((None, authority), |at| (Some(&authority[..at]), &authority[at + 1..]));
        let (host, port) = port(place);
        Self {
            scheme: b"",
            slashes: b"",
            user,
            host: host.trim_ascii(),
            port,
            rest,
            ambiguous: several || split || fragment,
        }
    }

    /// The address that the host is, and how it is spelled.
    pub(in crate::detect) fn address(&self) -> Option<(Address, Spelling)> {
        address::of(self.host)
    }

    /// Whether the scheme is this one.
    pub(in crate::detect) fn is_scheme(&self, scheme: &[u8]) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Whether the slashes are not the two that everybody writes, or something in them vanishes.
    pub(in crate::detect) fn has_odd_slashes(&self) -> bool {
        self.slashes != b"//"
    }

    /// The host in lower case ends in `suffix`, as a whole or after a dot.
    pub(in crate::detect) fn is_below(&self, domain: &[u8]) -> bool {
        let host = self.host.strip_suffix(b".").unwrap_or(self.host);
        let Some(at) = host.len().checked_sub(domain.len()) else { return false };
        host[at..].eq_ignore_ascii_case(domain) && (at == 0 || host[at - 1] == b'.')
    }
}

/// The scheme that `text` starts with, and what follows its colon.
fn scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let window = &text[..text.len().min(SCHEME)];
    let len = window
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'))
        .count();
    let starts = window.first().is_some_and(u8::is_ascii_alphabetic);
    (starts && text.get(len) == Some(&b':')).then(|| (&text[..len], &text[len + 1..]))
}

/// Whether URLs of the scheme always have a host.
fn is_web(scheme: &[u8]) -> bool {
    [&b"http"[..], b"https", b"ws", b"wss", b"ftp"].iter().any(|web| scheme.eq_ignore_ascii_case(web))
}

/// The host and the port.
fn port(place: &[u8]) -> (&[u8], Option<u16>) {
    let after = if place.starts_with(b"[") { memchr::memchr(b']', place).unwrap_or(0) } else { 0 };
    let Some(colon) = memchr::memchr(b':', &place[after..]).map(|at| after + at) else {
        return (place, None);
    };
    let digits = place[colon + 1..].iter().take_while(|byte| byte.is_ascii_digit()).take(6);
    let port = digits.fold(0_u32, |port, digit| port * 10 + u32::from(digit - b'0'));
    (&place[..colon], u16::try_from(port).ok())
}

/// What can be part of a host in some spelling.
const fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'%' | 0x80.. | b'\t')
}

/// Bytes that may follow a URL in text.
const fn ends_text(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'"' | b'\'' | b'<' | b'>')
}

const fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Bytes that browsers drop anywhere.
const fn is_dropped(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n')
}
