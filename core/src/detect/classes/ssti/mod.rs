//! Server-side template injection (CWE-1336): expressions that a template engine evaluates.
//!
//! The reader finds the delimiters of template languages and reads their content as an expression. Placeholders are no
//! evidence, because people write templates, mails and pages with them. Evidence is an expression that tests for an
//! engine or leaves its sandbox. Text outside of delimiters only decides whether an expression is in prose or is the
//! whole value.

mod delimiter;
mod expression;
mod names;
mod rules;

#[cfg(test)]
mod tests;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::byte;
use crate::detect::lang::code::Lexer;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, text) = (view.shape, view.bytes);
    let braces = shape.any(byte::BRACE);
    let angles = shape.any(byte::LESS) && shape.any(byte::PERCENT | byte::HASH);
    let calls = shape.any(byte::OPEN) && shape.any(byte::HASH | byte::AT);
    let brackets = shape.any(byte::BRACKET) && shape.any(byte::HASH | byte::EQUAL);
    (braces || angles || calls || brackets) && delimiter::next(text, 0).is_some()
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    let mut at = 0;
    let mut surroundings = Surroundings::default();
    let mut lexer = Lexer::new(text, 0, false);
    while let Some(opening) = delimiter::next(text, at) {
        surroundings.read(&text[at..opening.at]);
        lexer.resume(opening.at + opening.len);
        expression::read(&mut lexer, &opening, evidence);
        at = lexer.at();
        if evidence.is_enough() {
            return;
        }
    }
    surroundings.read(&text[at..]);
    if evidence.full_score() > 0 && !surroundings.is_more {
        evidence.add(&rules::WHOLE, 0..text.len());
    }
}

/// The text around expressions: prose has two words with a blank between, a script calls and ends statements.
#[derive(Default)]
struct Surroundings {
    is_more: bool,
}

impl Surroundings {
    fn read(&mut self, text: &[u8]) {
        work(text.len());
        let mut before = false;
        for word in text.split(|byte| *byte <= b' ').filter(|word| !word.is_empty()) {
            let letters = word.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
            let is_word = letters > 1 && letters + 2 >= word.len();
            self.is_more |= before && is_word || word.iter().any(|byte| matches!(byte, b'(' | b';' | b'`'));
            before = is_word;
        }
    }
}
