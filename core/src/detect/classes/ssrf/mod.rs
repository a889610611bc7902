//! SSRF (CWE-918): URLs that make the server send a request to a host that only the server reaches.
//!
//! The host is read as the most lenient client reads it, and its address counts. A link alone is no evidence, nor is one
//! to a private address where people store such links; it takes a second reason: a parameter that names a URL to fetch, a
//! disguise, a port or a page that no browser requests. Cloud metadata services need no second reason.

mod names;
mod rules;
pub(in crate::detect) mod words;

use crate::detect::decode::work::work;
use crate::detect::decode::{Decodings, View};
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::{byte, word};
use crate::detect::lang::url::{Address, Spelling, Url};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Headers with the source of a request, which in development is loopback.
const SELF: [&[u8]; 6] = [
    b"host",
    b"origin",
    b"referer",
    b"x-forwarded-host",
    b"x-original-host",
    b"access-control-request-headers",
];

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    if view.location == Location::Header && SELF.iter().any(|name| view.name.eq_ignore_ascii_case(name)) {
        return false;
    }
    lead(view).is_some_and(|url| is_suspect(&url))
        || nested(view).next().is_some()
        || names_socket(view.bytes)
        || is_included(view)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    if let Some(url) = lead(view) {
        weigh(view, &url, evidence);
    }
    if names_socket(view.bytes) {
        evidence.add(&rules::SOCKET, 0..view.bytes.len().min(64));
    }
    if is_included(view) {
        evidence.add(&rules::INCLUDED, 0..view.bytes.len().min(64));
    }
    for (at, _) in nested(view) {
        evidence.add(&rules::NESTED, at..view.bytes.len().min(at + 48));
    }
}

/// Whether a proxy would cut the name of a socket, which is too long, and go on with the URL behind it.
fn names_socket(text: &[u8]) -> bool {
    let Some(name) = text.strip_prefix(b"unix:") else { return false };
    let end = memchr::memchr(b'|', name).unwrap_or(0);
    work(end);
    !name[..end].contains(&b' ')
        && Url::of(&name[end..]).is_none()
        && Url::of(name.get(end + 1..).unwrap_or_default()).is_some()
}

/// Whether a variable from which PHP programs make the paths of their parts is set to a URL.
fn is_included(view: &View<'_>) -> bool {
    matches!(view.location, Location::Query | Location::Field)
        && names::is_root(view.name)
        && Url::of(view.bytes).is_some_and(|url| url.host.contains(&b'.') || url.host.contains(&b':'))
}

/// The URL that the value is.
fn lead<'v>(view: &View<'v>) -> Option<Url<'v>> {
    let text = if view.location == Location::Path { b"" } else { view.bytes };
    let text = unwrapped(text);
    // Times and measures have colons too.
    let start = text.iter().find(|byte| **byte > b' ' && !matches!(byte, b'"' | b'\''))?;
    if start.is_ascii_digit() && !view.shape.word(word::INNER_HOST) {
        return None;
    }
    match Url::of(text) {
        Some(url) => Some(url),
        // Without a scheme only where something to fetch belongs.
        None if view.shape.word(word::INNER_HOST) && is_fetched(view) => Url::of_host(text),
        None => None,
    }
}

/// The text without the `url:` that some libraries take off.
fn unwrapped(text: &[u8]) -> &[u8] {
    let wrapped = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"url:"));
    if wrapped { &text[4..] } else { text }
}

/// URLs inside of the value, such as in the query of another, that lead to the secrets of a cloud or to a listener. Text
/// with blanks is prose, which may mention these.
fn nested<'v>(view: &View<'v>) -> impl Iterator<Item = (usize, Url<'v>)> + use<'v> {
    let text = if view.shape.any(byte::BLANK) || !view.shape.any(byte::SLASH) { b"" } else { view.bytes };
    memchr::memchr_iter(b':', text).filter_map(move |at| {
        work(1);
        let scheme = text[..at].iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let start = at - scheme;
        if start == 0 || scheme < 2 || text.get(at + 1) != Some(&b'/') {
            return None;
        }
        let url = Url::of(&text[start..])?;
        (target(&url) == Some(Target::Address(Address::Metadata)) || is_listener(&url))
            .then_some((start, url))
    })
}

/// Where a host leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Address(Address),
    /// The machine itself, by the name that developers use.
    Localhost,
}

fn target(url: &Url<'_>) -> Option<Target> {
    if let Some((address, _)) = url.address() {
        return Some(Target::Address(address));
    }
    let below = |names: &[&[u8]]| names.iter().any(|name| url.is_below(name));
    if below(names::METADATA) {
        Some(Target::Address(Address::Metadata))
    } else if below(names::LOCALHOST) {
        Some(Target::Localhost)
    } else if below(names::LOOPBACK) {
        Some(Target::Address(Address::Loopback))
    } else if let Some((address, _)) = embedded_address(url) {
        Some(Target::Address(address))
    } else {
        below(names::PRIVATE).then_some(Target::Address(Address::Private))
    }
}

/// The address that a name carries which resolves to it, as `127.0.0.1.nip.io` does.
fn embedded_address(url: &Url<'_>) -> Option<(Address, Spelling)> {
    let domain = names::CARRIERS.iter().find(|domain| url.is_below(domain))?;
    let labels = &url.host[..url.host.len().saturating_sub(domain.len() + 1)];
    let mut text = [0; 15];
    let mut start = text.len();
    for byte in labels.iter().rev().take(15).take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')) {
        start -= 1;
        text[start] = if *byte == b'-' { b'.' } else { *byte };
    }
    let dots = text[start..].iter().take_while(|byte| **byte == b'.').count();
    Url::of_host(&text[start + dots..])?.address()
}

/// Whether readers disagree about the host. Without a scheme it is a path, or a comment.
fn is_ambiguous(url: &Url<'_>) -> bool {
    url.ambiguous && !url.scheme.is_empty()
}

fn is_listener(url: &Url<'_>) -> bool {
    names::LISTENERS.iter().any(|name| url.is_below(name))
}

/// Whether there is any evidence in the URL.
fn is_suspect(url: &Url<'_>) -> bool {
    let inner = target(url).is_some_and(|target| target != Target::Address(Address::Public));
    let number = url.address().is_some_and(|(_, spelling)| spelling != Spelling::Usual);
    inner || number || is_ambiguous(url) || scheme_rule(url).is_some() || is_listener(url) || is_shell(url)
}

fn weigh(view: &View<'_>, url: &Url<'_>, evidence: &mut Evidence<'_>) {
    let span = 0..view.bytes.len().min(64);
    let target = target(url);
    let spelling = url.address().map(|(_, spelling)| spelling);
    let rule = match target {
        Some(Target::Address(Address::Metadata)) => Some(&rules::METADATA),
        Some(Target::Address(Address::Loopback)) => Some(&rules::LOOPBACK),
        Some(Target::Localhost) => Some(&rules::LOCALHOST),
        Some(Target::Address(Address::Private)) => Some(&rules::PRIVATE),
        Some(Target::Address(Address::Public)) | None => None,
    };
    let inner = rule.is_some();
    let embedded_address = embedded_address(url).is_some();
    let look_alikes = view.decodings.has(Decodings::FOLD) && spelling.is_some();
    let odd_slashes = inner && !url.scheme.is_empty() && url.has_odd_slashes();
    let rules = [
        rule,
        scheme_rule(url),
        (spelling == Some(Spelling::Number)).then_some(&rules::NUMBER),
        (spelling == Some(Spelling::Odd) || look_alikes || odd_slashes || embedded_address && inner)
            .then_some(&rules::DISGUISED),
        is_ambiguous(url).then_some(&rules::AMBIGUOUS),
        (inner && url.user.is_some_and(|user| user.contains(&b'.'))).then_some(&rules::DECOY),
        (inner && url.port.is_some_and(|port| names::PORTS.contains(&port))).then_some(&rules::SERVICE),
        (inner && is_inner_page(url.rest)).then_some(&rules::INNER_PAGE),
        (inner && is_fetched(view)).then_some(&rules::FETCHED),
        is_listener(url).then_some(&rules::LISTENER),
        is_shell(url).then_some(&rules::SHELL_FILE),
    ];
    rules.into_iter().flatten().for_each(|rule| evidence.add(rule, span.clone()));
}

/// The rule for the scheme.
fn scheme_rule(url: &Url<'_>) -> Option<&'static Rule> {
    if names::RAW_SCHEMES.iter().any(|scheme| url.is_scheme(scheme)) {
        Some(&rules::RAW_SCHEME)
    } else if names::INNER_SCHEMES.iter().any(|scheme| url.is_scheme(scheme)) {
        Some(&rules::INNER_SCHEME)
    } else {
        None
    }
}

/// Whether the value belongs to a parameter that names what to fetch. In documents such names are those of settings.
fn is_fetched(view: &View<'_>) -> bool {
    matches!(view.location, Location::Query | Location::Field)
        && names::FETCHED.iter().any(|name| view.name.eq_ignore_ascii_case(name))
}

fn is_inner_page(path: &[u8]) -> bool {
    names::PAGES.iter().any(|page| {
        let starts = path.get(..page.len()).is_some_and(|start| start.eq_ignore_ascii_case(page));
        starts && !path.get(page.len()).is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Whether a bare address serves a file that is called like what attackers leave behind.
fn is_shell(url: &Url<'_>) -> bool {
    let path = &url.rest[..url.rest.len().min(128)];
    let path = path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    let file = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let Some(dot) = memchr::memrchr(b'.', file) else { return false };
    let script = [&b".txt"[..], b".php", b".jsp", b".asp", b".aspx"]
        .iter()
        .any(|end| file[dot..].eq_ignore_ascii_case(end));
    script
        && url.address().is_some()
        && names::SHELLS.iter().any(|name| file[..dot].eq_ignore_ascii_case(name))
}
