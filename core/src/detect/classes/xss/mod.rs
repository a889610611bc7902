//! Cross-site scripting (CWE-79): a value that runs as script in the page that shows it.
//!
//! A value is read as the text between tags, as the inside of a tag it may break out of, and as script, each once.
//! Evidence is structure that runs: an element or attribute with code, a script URL, a call after the end of a string.
//! Markup alone is no evidence, because people paste it, and neither are names of functions.

mod html;
mod names;
mod rules;
mod script;
mod text;
mod url;
pub(in crate::detect) mod words;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate::{Shape, byte, word};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    shape.any(byte::LESS) && has_tag(value)
        || shape.any(byte::EQUAL) && shape.any(byte::OPEN | byte::BACKTICK | byte::COLON) && names_event(value)
        || shape.word(word::SCRIPT_SINK) && can_act(shape)
        || shape.any(byte::COLON) && url::scheme(value).is_some()
        || shape.word(word::SCRIPT_SCHEME) && shape.any(byte::COLON) && shape.any(byte::EQUAL | byte::OPEN)
        || shape.any(byte::COLON) && is_style(view.name)
        || shape.all(byte::BRACKET | byte::OPEN | byte::PLUS)
        || shape.all(byte::BRACKET | byte::BANG | byte::PLUS)
        // A form turns every plus into a blank.
        || shape.all(byte::BRACKET | byte::OPEN | byte::BANG)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if view.shape.any(byte::LESS) {
        html::data(text, evidence);
    }
    if view.shape.any(byte::HIGH) && has_high_bit_tag(text) {
        evidence.add(&rules::SCRIPT_ELEMENT, 0..text.len().min(64));
    }
    if view.shape.word(word::SCRIPT_SCHEME) && url::loads_code(text) {
        evidence.add(&rules::CODE_URL, 0..text.len().min(64));
    }
    if is_style(view.name) && url::style_code(text) {
        evidence.add(&rules::STYLE_CODE, 0..text.len().min(64));
    }
    if !evidence.is_enough() {
        let path = view.location == Location::Path;
        whole_url(if path { text.strip_prefix(b"/").unwrap_or(text) } else { text }, evidence);
    }
    if !evidence.is_enough()
        && view.shape.any(byte::EQUAL)
        && (view.shape.word(word::SCRIPT_SCHEME | word::SCRIPT_SINK) || names_event(text))
    {
        html::inside_tag(text, evidence);
    }
    if !evidence.is_enough()
        && (view.shape.word(word::SCRIPT_SINK | word::SCRIPT_SCHEME) || view.shape.any(byte::BRACKET))
    {
        script::read(text, evidence);
    }
}

/// Whether a script element is written in bytes whose high bit seven-bit encodings drop: `0xbc` for `<`, `0xbe` for `>`.
fn has_high_bit_tag(value: &[u8]) -> bool {
    memchr::memchr_iter(0xbc, value).any(|at| {
        // Behind any other lead byte it is a letter.
        let alone = at == 0 || matches!(value[at - 1], 0..=0xc2);
        let name = &value[at + 1..];
        alone
            && name.get(..6).is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
            && memchr::memchr(0xbe, name).is_some()
    })
}

/// Whether a value of this name becomes that of an attribute for styles.
fn is_style(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"style")
}

/// Whether a word has the shape of an event attribute: `on` and at least three more letters.
fn names_event(value: &[u8]) -> bool {
    work(value.len());
    memchr::memchr2_iter(b'o', b'O', value).any(|at| {
        let starts = at == 0 || !value[at - 1].is_ascii_alphabetic();
        let is_event =
            |name: &[u8]| matches!(name[0], b'n' | b'N') && name.iter().all(u8::is_ascii_alphabetic);
        starts && value[at + 1..].first_chunk::<4>().is_some_and(|name| is_event(name))
    })
}

/// Whether `<` is followed by what can start a tag.
fn has_tag(value: &[u8]) -> bool {
    memchr::memchr_iter(b'<', value).any(|at| {
        value
            .get(at + 1)
            .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'?' | b'%' | 0..=31))
    })
}

/// Whether something can be called or assigned.
fn can_act(shape: Shape) -> bool {
    shape.any(byte::OPEN | byte::BACKTICK | byte::BRACKET | byte::EQUAL)
        || shape.all(byte::DASH | byte::PLUS)
        || shape.all(byte::SLASH | byte::STAR)
}

/// The value itself is a URL of code. A scheme before a blank and prose is a title.
fn whole_url(text: &[u8], evidence: &mut Evidence) {
    let Some((scheme, rest)) = url::scheme(text) else { return };
    let titled = rest.first().is_some_and(u8::is_ascii_whitespace) && !script::calls(rest);
    let code = match scheme {
        url::Scheme::Code => script::is_code(rest) || rest.starts_with(b"//"),
        url::Scheme::Data => url::is_page(text),
    };
    // The word is not split.
    let spelled = scheme == url::Scheme::Code
        && text[..text.len() - rest.len()].trim_ascii().iter().any(u8::is_ascii_control);
    if code && !titled || spelled {
        evidence.add(&rules::CODE_SCHEME, 0..text.len().min(64));
    }
}
