//! Insecure deserialization (CWE-502): serialised objects that run code when they are read.
//!
//! Formats are recognised by their grammar: the magic and the first type of Java and .NET, the lengths of PHP, the
//! opcodes of Python up to the call, YAML tags where a node may begin, type members in JSON. They are read bare and in
//! base64. Serialised data alone is no evidence; evidence is an object that the client chooses.

mod base64;
mod php;
mod pickle;
mod rules;
mod tag;
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
    let starts = match text {
        [b'r', b'O', b'0', ..] | [b'g', b'A', ..] | [b'B', b'A', b'h', ..] | [b'A', b'A', b'E', ..] => true,
        [0xac, 0xed, ..] | [0x80, 0..=5, ..] | [4, 8, ..] => true,
        [b'c' | b'(', ..] => shape.any(byte::CONTROL),
        _ => false,
    };
    starts
        || shape.all(byte::COLON | byte::DOUBLE_QUOTE | byte::BRACE | byte::DIGIT)
        || shape.any(byte::BANG) && (shape.any(byte::SLASH | byte::COLON) || shape.doubled(byte::BANG))
        || shape.doubled(byte::DOLLAR) && memmem::find(text, NODE).is_some()
        || shape.word(word::TYPE) && shape.any(byte::DOLLAR | byte::AT)
        || view.name.ends_with(b"type") && shape.word(word::TYPE | word::PACKAGE)
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    read_stream(text, evidence);
    let mut decoded = [0; base64::MAX_BYTES];
    read_stream(base64::decode(text, &mut decoded), evidence);
    if view.shape.any(byte::COLON) {
        php::read(text, evidence);
    }
    if view.shape.any(byte::BANG) {
        tag::read(text, evidence);
    }
    if let Some(at) = memmem::find(text, NODE) {
        evidence.add(&rules::NODE, at..text.len());
    }
    if view.shape.word(word::TYPE) || view.name.ends_with(b"type") {
        tag::read_type(view, evidence);
    }
}

/// The mark of functions in node-serialize.
const NODE: &[u8] = b"_$$ND_FUNC$$_";

/// Read `bytes` as a serialised stream.
fn read_stream(bytes: &[u8], evidence: &mut Evidence<'_>) {
    let rule = match bytes {
        // A stream of version 5 begins with an object, a text, a block or ends there.
        [0xac, 0xed, 0, 5] | [0xac, 0xed, 0, 5, 0x70..=0x7e, ..] => &rules::JAVA,
        // The header of a binary formatter: the root, the header's own id, version 1.0.
        [0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, ..] => &rules::DOTNET,
        // Version 4.8, then an object, one that reads itself, or one of a class with state.
        [4, 8, b'o' | b'U' | b'u' | b'e' | b'C', ..] => &rules::RUBY,
        [b'c' | b'(' | 0x80, ..] if pickle::calls(bytes) => &rules::PICKLE,
        _ => return,
    };
    evidence.add(rule, 0..bytes.len());
}
