//! Words of the gate for this class.

use super::names;
use crate::detect::gate::{Words, word};

pub(in crate::detect) const WORDS: &[Words] = &[
    (word::SCRIPT_SINK, names::CALLS),
    (word::SCRIPT_SINK, names::OBJECTS),
    (word::SCRIPT_SINK, &["adw", "apply", "bind", "call", "constructor", "cookie", "map"]),
    (
        word::SCRIPT_SCHEME,
        &["data", "ecmascript", "javascript", "jscript", "livescript", "mocha", "vbscript"],
    ),
];
