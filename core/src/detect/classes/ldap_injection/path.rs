//! XPath: the value ends its quotes and adds a condition or a path.

use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// How far behind a quote is looked.
const NEAR: usize = 96;

/// Functions that look at nodes.
const FUNCTIONS: [&[u8]; 19] = [
    b"concat",
    b"contains",
    b"count",
    b"doc",
    b"last",
    b"local-name",
    b"name",
    b"namespace-uri",
    b"node",
    b"normalize-space",
    b"position",
    b"starts-with",
    b"string",
    b"string-length",
    b"substring",
    b"substring-after",
    b"substring-before",
    b"text",
    b"translate",
];
const AXES: [&[u8]; 11] = [
    b"ancestor",
    b"ancestor-or-self",
    b"attribute",
    b"child",
    b"descendant",
    b"descendant-or-self",
    b"following",
    b"following-sibling",
    b"parent",
    b"preceding",
    b"self",
];

/// Add the evidence in `text`, as if it began inside of a string. Of its quotes every other one ends a string then: what
/// follows the others is what a complete path has there.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    for quote in [b'\'', b'"'] {
        memchr::memchr_iter(quote, text).step_by(2).for_each(|end| read_after_quote(text, end, evidence));
    }
}

/// Add the evidence behind the `quote` that ends a string.
fn read_after_quote(text: &[u8], quote: usize, evidence: &mut Evidence<'_>) {
    let near = &text[quote + 1..text.len().min(quote + 1 + NEAR)];
    work(near.len().min(8));
    let after = skip(near, |byte| byte <= b' ' || matches!(byte, b')' | b']'));
    let span = quote..quote + 1 + near.len();
    if let [b'|', path @ ..] = after {
        if near.len() > after.len() && is_path(path.trim_ascii_start()) {
            evidence.add(&rules::PATH_UNION, span);
        }
    } else if logic(after).is_some_and(|condition| is_path(condition) || is_test(condition)) {
        evidence.add(&rules::PATH_CONDITION, span);
    }
}

fn skip(text: &[u8], holds: impl Fn(u8) -> bool) -> &[u8] {
    &text[text.iter().position(|byte| !holds(*byte)).unwrap_or(text.len())..]
}

/// What follows `or` or `and`, and perhaps `not(`.
fn logic(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"or").or_else(|| text.strip_prefix(b"and"))?;
    let first = rest.first()?;
    let condition = skip(rest, |byte| byte <= b' ' || byte == b'(');
    (*first <= b' ' || *first == b'(').then(|| condition.strip_prefix(b"not(").unwrap_or(condition))
}

/// Whether this selects nodes: `//user`, `/*`, `@id`, `../password`, `parent::*`.
fn is_path(text: &[u8]) -> bool {
    match text {
        [b'/', b'/', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'*' | b'@' | b'.'),
        [b'/', b'*' | b'@', ..] | [b'.', b'.', b'/', ..] | [b'.', b'/', b'/', ..] => true,
        [b'@', next, ..] => next.is_ascii_alphabetic() || *next == b'*',
        _ => {
            let name = name(text);
            AXES.contains(&name) && text[name.len()..].starts_with(b"::")
        }
    }
}

/// Whether this is a function of nodes, or one without arguments that is compared.
fn is_test(mut text: &[u8]) -> bool {
    // Functions nest: `string-length(name(/*))`.
    for _ in 0..4 {
        let function = name(text);
        let Some(arguments) = text[function.len()..].strip_prefix(b"(") else { return false };
        if !FUNCTIONS.contains(&function) {
            return false;
        }
        let arguments = skip(arguments, |byte| byte <= b' ' || byte == b'(');
        if let [b')', after @ ..] = arguments {
            return matches!(after.trim_ascii_start(), [b'=' | b'<' | b'>' | b'!', ..]);
        }
        if is_path(arguments) || matches!(arguments, [b'*' | b'.', b',' | b')', ..] | [b'/', ..]) {
            return true;
        }
        text = arguments;
    }
    false
}

fn name(text: &[u8]) -> &[u8] {
    let end = text.iter().take(24).position(|byte| !byte.is_ascii_lowercase() && *byte != b'-');
    &text[..end.unwrap_or(text.len().min(24))]
}
