//! Path traversal (CWE-22): a value that leads a file system to a file outside of its directory.
//!
//! The value is followed as a path. Evidence is how far it goes above its start, how it is disguised, and which file it
//! leads to. One level up is weak, because pages link to their neighbours that way; a path inside of other text is weaker
//! than a value that consists of a path.

mod rules;
mod targets;
mod unit;
mod walk;
pub(in crate::detect) mod words;

use crate::detect::decode::work::work;
use crate::detect::decode::{Decodings, View};
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::{Shape, byte, word, word_at};

use unit::Unit;
use walk::{PathSummary, TargetMatch};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Segments of one dot beyond which they serve to pad.
const IDLE: usize = 16;

/// What may hide another dot behind one. A blank or nothing hides nothing.
pub(in crate::detect) const HIDES: u32 =
    byte::DOT | byte::SLASH | byte::BACKSLASH | byte::OTHER | byte::PERCENT | byte::CONTROL | byte::HIGH;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    shape.after_dot & HIDES != 0 && has_climb(value)
        || shape.word(word::FILE)
            && ((is_absolute(value) || expects_path(view) && shape.any(byte::SLASH | byte::BACKSLASH))
                && names_file(value)
                || holds_hint(shape, value))
        || shape.word(word::FILE) && names_access_file(view)
        || (shape.word(word::FILE_SCHEME) && shape.any(byte::COLON) || shape.doubled(byte::BACKSLASH))
            && prefix(value).is_some()
        || shape.word(word::HEX) && has_spelled_byte(value)
        || shape.any(byte::PERCENT) && has_loose_escape(value)
        || shape.any(byte::HIGH) && memchr::memchr2(0xc0, 0xc1, value).is_some()
}

/// Whether a dot is followed by a dot, or by something that may hide one.
fn has_climb(value: &[u8]) -> bool {
    memchr::memchr_iter(b'.', value).any(|at| {
        let next = value.get(at + 1).copied().unwrap_or(b' ');
        matches!(next, 0..=8 | b'.' | b'/' | b'\\' | b'?' | b'%' | 0xc0..)
    })
}

/// Whether a dot or separator is spelled as a number.
fn has_spelled_byte(value: &[u8]) -> bool {
    memchr::memchr_iter(b'0', value).any(|at| {
        matches!(
            value.get(at + 1..at + 4),
            Some([b'x' | b'X', b'2', b'e' | b'E' | b'f' | b'F'] | [b'x' | b'X', b'5', b'c' | b'C'])
        )
    })
}

/// Whether a dot or separator is left in an escape that only a lenient decoder takes for one.
fn has_loose_escape(value: &[u8]) -> bool {
    memchr::memchr_iter(b'%', value)
        .any(|at| Unit::first(&value[at..], true).is_some_and(|unit| unit.disguised))
}

/// Whether the value starts at a root or a drive.
fn is_absolute(value: &[u8]) -> bool {
    matches!(value.trim_ascii_start(), [b'/' | b'\\' | b'~', ..] | [_, b':', ..])
}

/// Whether a name or an extension in the path is one that may be known. Titles in paths hold the same words, but join
/// them with hyphens.
fn names_file(value: &[u8]) -> bool {
    let configures = memchr::memmem::find(value, b"onfig").is_some();
    value.iter().enumerate().any(|(at, byte)| {
        work(1);
        let rest = &value[at + 1..];
        let starts = matches!(byte, b'/' | b'\\' | b'.' | b'_' | b'~' | b':' | b'%' | 0x80..)
            && rest.first().is_some_and(u8::is_ascii_alphabetic);
        if !starts {
            return false;
        }
        let (kinds, len) = word_at(rest);
        if kinds & word::FILE == 0 {
            return false;
        }
        let segment = &rest[..rest
            .iter()
            .take(64)
            .position(|byte| matches!(byte, b'/' | b'\\'))
            .unwrap_or(rest.len().min(64))];
        let title = segment.get(len) == Some(&b'-')
            && segment.len() > len + 1
            && !segment.contains(&b'.')
            && !segment[len + 1..].eq_ignore_ascii_case(b"inf")
            && !segment[len + 1..].eq_ignore_ascii_case(b"credentials");
        let script = *byte == b'.' && segment[..len].eq_ignore_ascii_case(b"php");
        !title && (!script || configures)
    })
}

/// Whether a known name may be reached otherwise: by wildcards, both kinds of separator, a URL or a NUL.
fn holds_hint(shape: Shape, value: &[u8]) -> bool {
    value[..value.len().min(4)].contains(&b'?')
        || shape.all(byte::SLASH | byte::BACKSLASH)
        || shape.any(byte::CONTROL) && memchr::memchr(0, value).is_some()
        || shape.any(byte::COLON) && memchr::memmem::find(value, b"file:/").is_some()
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if let Some(rule) = prefix(text) {
        evidence.add(rule, 0..text.len().min(48));
        return;
    }
    let summary = walk::walk(text);
    weigh(view, &summary, evidence);
}

fn weigh(view: &View<'_>, summary: &PathSummary, evidence: &mut Evidence) {
    let span = summary.span.clone().unwrap_or(0..view.bytes.len().min(64));
    if summary.disguised {
        evidence.add(&rules::DISGUISED, span.clone());
    }
    if summary.mangled > 1 || summary.mangled > 0 && summary.target.is_some() {
        evidence.add(&rules::MANGLED, span.clone());
    }
    if summary.idle >= IDLE {
        evidence.add(&rules::PADDED, span.clone());
    }
    // Dots are never encoded by honest clients, and in the path of a request neither are the separators around them.
    let encoded = view.depth > 1 || view.location == Location::Path && view.decodings.has(Decodings::PERCENT);
    if summary.any_climb && encoded {
        evidence.add(&rules::ENCODED_CLIMB, span.clone());
    }
    if summary.above_root {
        evidence.add(&rules::ABOVE_ROOT, span.clone());
    } else if summary.climbs > usize::from(is_document(view.location)) + 1 {
        evidence.add(&rules::CLIMB, span.clone());
    } else if summary.climbs > 0 {
        evidence.add(&rules::CLIMB_ONCE, span.clone());
    }
    if summary.inner_climbs > 1 || summary.climbs > 1 {
        evidence.add(&rules::INNER_CLIMB, span);
    }
    if let Some((at, reach)) = &summary.target {
        let named = match reach {
            TargetMatch::Named => !names_access_file(view),
            TargetMatch::SystemPath => !expects_path(view) || at.end != view.bytes.len(),
            TargetMatch::Whole | TargetMatch::Climbed => false,
        };
        let rule = match reach {
            _ if named => &rules::TARGET_NAME,
            TargetMatch::SystemPath => &rules::TARGET_ASKED,
            _ => &rules::TARGET,
        };
        evidence.add(rule, at.clone());
        if summary.cut {
            evidence.add(&rules::NUL_CUT, at.clone());
        }
    }
}

/// Whether a parameter names an access file of a web server in a directory: `users/.htpasswd`.
fn names_access_file(view: &View<'_>) -> bool {
    const FILES: [&[u8]; 2] = [b"/.htaccess", b"/.htpasswd"];
    let ends = |name: &[u8]| {
        let start = view.bytes.len().checked_sub(name.len());
        start.is_some_and(|start| view.bytes[start..].eq_ignore_ascii_case(name))
    };
    expects_path(view) && FILES.into_iter().any(ends)
}

/// Whether the location is one of a parameter that takes a path.
fn expects_path(view: &View<'_>) -> bool {
    matches!(view.location, Location::Query | Location::Field) && !view.shape.any(byte::BLANK)
}

/// Whether a value is part of a document, where relative links are ordinary.
fn is_document(location: Location) -> bool {
    matches!(location, Location::Json | Location::JsonKey | Location::Text)
}

/// What a value starts with that makes it more than a path.
fn prefix(text: &[u8]) -> Option<&'static Rule> {
    let start = text.trim_ascii_start();
    let folded =
        |prefix: &&[u8]| start.get(..prefix.len()).is_some_and(|text| text.eq_ignore_ascii_case(prefix));
    if FILE_URLS.iter().any(folded) && start[5..].iter().any(u8::is_ascii_alphanumeric) {
        return Some(&rules::FILE_URL);
    }
    if WRAPPERS.iter().any(folded) {
        return Some(&rules::WRAPPER);
    }
    start.strip_prefix(b"\\\\").is_some_and(is_admin_share).then_some(&rules::SHARE)
}

const FILE_URLS: [&[u8]; 2] = [b"file:/", b"file:\\"];

/// Streams of PHP and Java that read files or run code.
const WRAPPERS: [&[u8]; 26] = [
    b"php://filter",
    b"php://input",
    b"php://stdin",
    b"php://fd",
    b"php://memory",
    b"php://output",
    b"php://stderr",
    b"php://stdout",
    b"php://temp",
    b"ssh2.exec://",
    b"ssh2.scp://",
    b"ssh2.shell://",
    b"ssh2.tunnel://",
    b"phar://",
    b"expect://",
    b"zip://",
    b"glob://",
    b"compress.zlib://",
    b"compress.bzip2://",
    b"ogg://",
    b"rar://",
    b"netdoc:/",
    b"data://text/",
    b"data:text/plain;base64,pd9",
    b"jar:file:",
    b"jar:http",
];

/// Whether the rest of `\\\\` names a device or a share that only administrators use.
fn is_admin_share(share: &[u8]) -> bool {
    let window = &share[..share.len().min(96)];
    let administrative = |at: usize| {
        let name = window[..at].rsplit(|byte| *byte == b'\\').next().unwrap_or_default();
        let drive =
            name.len() == 1 || name.eq_ignore_ascii_case(b"admin") || name.eq_ignore_ascii_case(b"ipc");
        drive && matches!(window.get(at + 1), None | Some(b'\\'))
    };
    share.starts_with(b"?\\")
        || share.starts_with(b".\\")
        || memchr::memchr(b'$', window).is_some_and(administrative)
}
