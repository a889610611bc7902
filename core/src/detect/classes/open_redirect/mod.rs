//! Open redirect (CWE-601): a value that sends the browser to another site.
//!
//! Only parameters that name a destination are inspected. A link to another site alone is half an attack, because many
//! sites link to others; a spelling that looks like the same site makes it one. The class is in `detect.shadow` by
//! default.

mod rules;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::lang::url::{Spelling, Url};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Parameters that name a destination, in lower case without separators.
const KEYS: [&[u8]; 28] = [
    b"backto",
    b"backurl",
    b"callback",
    b"callbackurl",
    b"checkouturl",
    b"continue",
    b"continueurl",
    b"dest",
    b"destination",
    b"forward",
    b"go",
    b"goto",
    b"next",
    b"nexturl",
    b"out",
    b"redir",
    b"redirect",
    b"redirectto",
    b"redirecturi",
    b"redirecturl",
    b"ret",
    b"return",
    b"returnpath",
    b"returnto",
    b"returnuri",
    b"returnurl",
    b"rurl",
    b"url",
];

/// Longest key.
const KEY: usize = 16;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let start = view.bytes.iter().find(|byte| **byte > b' ' && !matches!(byte, b'"' | b'\''));
    matches!(start, Some(b'/' | b'\\' | b'h' | b'H'))
        && is_key(view.name)
        && external_url(view.bytes).is_some()
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let Some(url) = external_url(view.bytes) else { return };
    let span = 0..view.bytes.len().min(64);
    evidence.add(&rules::OTHER_SITE, span.clone());
    // Only a root and a slash, with anything between: a check for a leading slash takes it for a path.
    let as_path = url.scheme.is_empty() && !is_asset(url.rest);
    let slashes = !url.scheme.is_empty() && url.has_odd_slashes();
    if as_path || slashes {
        evidence.add(&rules::AS_PATH, span.clone());
    }
    if url.user.is_some_and(|user| user.contains(&b'.')) || url.ambiguous {
        evidence.add(&rules::DECOY, span.clone());
    }
    if !url.host.is_ascii() || url.address().is_some_and(|(_, spelling)| spelling != Spelling::Usual) {
        evidence.add(&rules::HOST, span);
    }
}

/// The URL by which the value leads to another site. A path with a URL behind its first slash leaves where the slash is cut.
fn external_url(text: &[u8]) -> Option<Url<'_>> {
    let cut = text
        .strip_prefix(b"/")
        .filter(|rest| rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"http")));
    let url = Url::of(text).or_else(|| Url { slashes: b"/", ..Url::of(cut?)? }.into())?;
    let web = url.scheme.is_empty() || url.is_scheme(b"http") || url.is_scheme(b"https");
    // A name without a dot is no site of others.
    (web && (url.host.contains(&b'.') || !url.host.is_ascii() || url.address().is_some())).then_some(url)
}

fn is_key(name: &[u8]) -> bool {
    let mut key = [0; KEY];
    let mut len = 0;
    for byte in name.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'.')) {
        let Some(slot) = key.get_mut(len) else { return false };
        *slot = byte.to_ascii_lowercase();
        len += 1;
    }
    KEYS.contains(&&key[..len])
}

/// Whether the path is that of something a page shows, such as a script from another host.
fn is_asset(path: &[u8]) -> bool {
    let path = path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    let end = memchr::memrchr(b'.', path).map_or(&path[..0], |at| &path[at..]);
    let known =
        [&b".js"[..], b".css", b".png", b".jpg", b".jpeg", b".gif", b".svg", b".webp", b".woff2", b".mp4"];
    known.iter().any(|known| end.eq_ignore_ascii_case(known))
}
