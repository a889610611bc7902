//! Detection: whether a value contains an attack.
//!
//! A request is split into [`Input`]s, named values with a [`Location`]. Each value passes the gate, one cheap pass that
//! ends the scan for nearly all benign values. The others are decoded as far as their bytes mark an encoding
//! ([`Decodings`]). Each class that opens reads the result with a recogniser for its language: SQL tokens, an HTML
//! tokenizer, a shell lexer, a path walker. Recognisers collect evidence; a value is an attack when the weights of one
//! class reach the threshold.
//!
//! All work is linear in the length of the value: decoders never lengthen it, recognisers look ahead by a constant, and
//! nothing backtracks. A value of any length is read. Base64 in base64 is decoded to a fixed depth; [`Scanner`] reports
//! what is deeper.

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
pub(crate) use lang::secret::secrets;
pub(crate) use lang::sensitive_name::is_sensitive;
pub use scan::Scanner;
pub(crate) use scan::is_clean;
pub use tuning::{CustomEvidence, CustomRecogniser, PatternLocation, Recognisers};
pub(crate) use tuning::{
    CustomPatterns, CustomRules, ExclusionSource, Exclusions, InstalledRecognisers, PatternSource, Problem,
    RequestPath, ScanOptions, ShadowRules, ShadowRun, is_ambiguous,
};

#[cfg(test)]
mod tests;
