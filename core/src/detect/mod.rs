//! Detection: is there an attack in this value?
//!
//! A request is sliced into [`Input`]s, named values with provenance. Each value passes one cheap pass, the gate,
//! which ends the matter for nearly all benign ones. What passes is decoded as far as its markers call for ([`Decodings`]),
//! and each class that can still match reads the result with a recogniser made for its language: SQL tokens, an HTML
//! tokenizer, a shell lexer, a path walker. Recognisers collect evidence; a value is an attack when the evidence of one
//! class weighs enough.
//!
//! Everything is linear in the length of the value: decoders shrink, recognisers look ahead by a constant, and nothing
//! backtracks. No value is too long to be read; base64 in base64 is read to a fixed depth, and what lies deeper is told to
//! the caller. What a caller did not hand over is the caller's to report.

mod classes;
pub(crate) mod decode;
mod evidence;
mod gate;
pub(crate) mod lang;
mod registry;
mod scan;
mod tuning;

pub(crate) use classes::session_fixation::names_session;
pub use decode::Decodings;
pub(crate) use decode::View;
pub use evidence::{Class, ClassSet, Finding, Input, Location, Rule, THRESHOLD};
pub(crate) use evidence::{DisabledRules, MAX_THRESHOLD};
#[cfg(test)]
use gate::Shape;
pub(crate) use gate::{Memo, MemoFact, byte, is_plain};
pub(crate) use lang::sensitive_name::{is_sensitive, percent_decoded};
pub use scan::Scanner;
pub(crate) use scan::is_clean;
pub(crate) use tuning::{
    CustomPatterns, ExclusionSource, Exclusions, PATTERN_PLACES, PatternSource, Problem, RequestPath,
    ScanOptions, ShadowRules, ShadowRun, is_ambiguous,
};

#[cfg(test)]
mod tests;
