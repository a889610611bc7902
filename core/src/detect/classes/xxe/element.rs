//! Elements that make an XML processor fetch or run something.

use super::rules;
use super::text::{is_remote, starts_with};
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// Bytes of a tag that are looked at.
const TAG: usize = 512;

/// What a style sheet names when it runs code: a namespace or an element.
const CODE: [&[u8]; 5] = [
    b"http://php.net/xsl",
    b"<msxsl:script",
    b"http://xml.apache.org/xalan/java",
    b"http://xml.apache.org/xslt/java",
    b"xalan://java",
];

/// Whether what follows a `<` may be an element to read.
pub(super) fn starts(rest: &[u8]) -> bool {
    starts_with(rest, b"msxsl:script") || is_include(rest) || starts_with(rest, b"xsl:") || is_located(rest)
}

/// The evidence in all elements of `text`.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    for at in memchr::memchr_iter(b'<', text) {
        work(1);
        let rest = &text[at + 1..];
        if is_include(rest) {
            let tag = tag(rest);
            if attribute(tag, b"href").is_some_and(is_remote) {
                evidence.add(&rules::INCLUDE, at..at + tag.len());
            } else if attribute(tag, b"href").is_some() {
                evidence.add(&rules::LOCAL_INCLUDE, at..at + tag.len());
            }
        } else if is_located(rest) {
            let tag = tag(rest);
            if attribute(tag, b"schemalocation").is_some_and(is_lone_address) {
                evidence.add(&rules::SCHEMA, at..at + tag.len());
            }
        }
        if starts_with(rest, b"xsl:") || starts_with(rest, b"msxsl:script") {
            let tag = &text[at..at + 1 + tag(rest).len()];
            if CODE.iter().any(|code| memchr::memmem::find(tag, code).is_some()) {
                evidence.add(&rules::STYLE_CODE, at..at + tag.len());
            }
        }
    }
}

/// Whether the element includes another document: `include` of XInclude by its usual prefixes.
fn is_include(rest: &[u8]) -> bool {
    [&b"xi:include"[..], b"xinclude:include", b"x:include"].iter().any(|name| starts_with(rest, name))
}

/// Whether the tag has a schema location.
fn is_located(rest: &[u8]) -> bool {
    rest.first().is_some_and(u8::is_ascii_alphabetic)
        && memchr::memmem::find(tag(rest), b":schemaLocation").is_some()
}

/// The start of `rest` up to the end of the tag.
fn tag(rest: &[u8]) -> &[u8] {
    let window = &rest[..rest.len().min(TAG)];
    let len = memchr::memchr2(b'>', b'<', window).unwrap_or(window.len());
    work(len);
    &window[..len]
}

/// The quoted value of the attribute whose name ends so.
fn attribute<'t>(tag: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    memchr::memchr_iter(b'=', tag).find_map(|at| {
        let before = tag[..at].trim_ascii_end();
        let end = before.len().checked_sub(name.len())?;
        let is_name = before[end..].eq_ignore_ascii_case(name);
        let value = tag[at + 1..].trim_ascii_start();
        let (quote, inside) =
            value.split_first().filter(|(quote, _)| is_name && matches!(quote, b'"' | b'\''))?;
        Some(&inside[..memchr::memchr(*quote, inside).unwrap_or(inside.len())])
    })
}

/// Whether a list of namespaces and their addresses is one address alone, which no schema needs.
fn is_lone_address(list: &[u8]) -> bool {
    list.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() == 1 && is_remote(list)
}
