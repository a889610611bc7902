//! Types that a document names for its parser to construct: YAML tags, and members of JSON.

use super::rules;
use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// Add the tags of YAML in `text` that make objects.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    let mut before = 0;
    for at in memchr::memchr_iter(b'!', text) {
        work(1);
        // The second mark of `!!`.
        if at > 0 && text[at - 1] == b'!' {
            continue;
        }
        if makes_object(&text[at + 1..]) {
            let rule = if is_node(&text[before..at]) { &rules::TAG } else { &rules::TAG_IN_TEXT };
            evidence.add(rule, at..text.len().min(at + MAX_NAME));
        }
        before = at;
    }
}

/// How much of a tag is looked at.
const MAX_NAME: usize = 96;

/// Whether a node of YAML may begin behind `before`: at the start of a line, or after what a value follows.
fn is_node(before: &[u8]) -> bool {
    let blanks = before.iter().rev().take(MAX_NAME).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match before[..before.len() - blanks].last() {
        None => true,
        Some(byte) => matches!(byte, b'\n' | b':' | b'-' | b'[' | b',' | b'{' | b'>'),
    }
}

/// Whether the tag, behind its first mark, is one for which readers make an object or call a function.
fn makes_object(tag: &[u8]) -> bool {
    let tag = &tag[..tag.len().min(MAX_NAME)];
    let tag = tag.strip_prefix(b"<tag:yaml.org,2002:").or_else(|| tag.strip_prefix(b"!")).unwrap_or(tag);
    let kinds: [&[u8]; 9] = [
        b"python/object",
        b"python/name:",
        b"python/module:",
        b"ruby/object:",
        b"ruby/hash:",
        b"ruby/struct:",
        b"php/object",
        b"js/function",
        b"javax.script.",
    ];
    kinds.iter().any(|kind| tag.starts_with(kind)) || is_java(tag)
}

/// `!!com.sun.rowset.JdbcRowSetImpl {..`: a class of Java and its arguments.
fn is_java(tag: &[u8]) -> bool {
    let len = tag
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        .count();
    work(len);
    let (class, rest) = tag.split_at(len);
    let mut parts = class.split(|byte| *byte == b'.');
    let package =
        parts.next().is_some_and(|first| matches!(first, b"java" | b"javax" | b"com" | b"org" | b"sun"));
    let named = parts.next_back().is_some_and(|last| last.first().is_some_and(u8::is_ascii_uppercase));
    package && named && matches!(rest.trim_ascii_start().first(), Some(b'[' | b'{'))
}

/// Add the types that members of JSON name: `"$type": "System.X, Assembly"`, `"@type": "com.sun.X"`.
pub(super) fn read_type(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if matches!(view.name, b"$type" | b"@type") && is_dangerous_type(text) {
        evidence.add(&rules::TYPE, 0..text.len());
    }
    for at in memchr::memmem::find_iter(text, b"type") {
        work(4);
        let is_member = at > 0 && matches!(text[at - 1], b'$' | b'@');
        let value = text[at + 4..].trim_ascii_start();
        let value = value
            .strip_prefix(b"\"")
            .or_else(|| value.strip_prefix(b"'"))
            .unwrap_or(value)
            .trim_ascii_start();
        let Some(value) = value.strip_prefix(b":") else { continue };
        let value = value.trim_ascii_start();
        if is_member && value.len() > 1 && matches!(value[0], b'"' | b'\'') && is_dangerous_type(&value[1..])
        {
            evidence.add(&rules::TYPE, at - 1..text.len().min(at + MAX_NAME));
        }
    }
}

/// Whether the type, which `text` starts with, belongs to a library of the platform and acts: an application's own types
/// are what such members are for.
fn is_dangerous_type(text: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 16] = [
        b"System.Windows.Data.ObjectDataProvider",
        b"System.Diagnostics.",
        b"System.Configuration.Install",
        b"System.Management.Automation",
        b"System.IO.",
        b"System.Security.",
        b"System.Web.Security",
        b"System.Activities",
        b"System.Data.Services",
        b"Microsoft.VisualStudio.Text",
        b"com.sun.",
        b"com.mchange.",
        b"org.apache.",
        b"java.lang.",
        b"javax.",
        b"org.springframework.",
    ];
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}
