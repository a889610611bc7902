//! Code injection (CWE-94): code that a program would evaluate, and lookups that a logger would resolve.
//!
//! Lookups are resolved as Log4j does, names that reach into a Java object are read as paths, a value that is a class
//! name is compared with the dangerous ones, and everything else is read as tokens of PHP, Python, JavaScript, Ruby,
//! Perl, .NET and Java at once. A call alone is no evidence, because people post code. Evidence is a call that acts on
//! the system, request input that is executed, an indirect call, and a value that consists of code only.

mod class_name;
mod lookup;
mod names;
mod php;
mod program;
mod rules;
pub(in crate::detect) mod words;

#[cfg(test)]
mod tests;

use memchr::memmem;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::{byte, word};

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, text) = (view.shape, view.bytes);
    use byte::{AT, BRACE, BRACKET, COLON, DOLLAR, DOT, EQUAL, LESS, OPEN, QUOTE, SLASH, STAR};
    shape.word(word::CODE) && shape.any(OPEN | BRACKET)
        || shape.word(word::PACKAGE) && shape.any(DOT)
        || shape.all(DOLLAR | BRACE) && (shape.any(COLON) || php::interpolates(text))
        || text.starts_with(b"$_")
        || shape.any(DOLLAR) && shape.any(OPEN | BRACKET | EQUAL) && php::names_variable(text)
        || shape.all(STAR | SLASH | OPEN) && memmem::find(text, b"*/").is_some()
        || shape.all(AT | BRACE | BRACKET) && memmem::find(text, b"@{").is_some()
        || shape.any(LESS) && memmem::find(text, b"<?").is_some()
        || shape.word(word::CODE) && php::opens_bracketed(text)
        || shape.after_dot & QUOTE != 0 && (php::appends_call(text) || php::calls_joined(text))
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if view.shape.all(byte::DOLLAR | byte::BRACE) {
        lookup::read(text, evidence);
    }
    if !evidence.is_enough() && view.shape.word(word::PACKAGE) {
        class_name::read(view, evidence);
    }
    if !evidence.is_enough() {
        php::read_tags(text, evidence);
        php::read_texts(text, evidence);
        php::read_bracketed(text, evidence);
    }
    if !evidence.is_enough() {
        program::read(text, evidence);
    }
}
