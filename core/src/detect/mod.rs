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

mod class;
mod cms_probing;
mod code;
mod code_injection;
mod custom;
pub(crate) mod decode;
mod deserialization;
mod dictionary;
mod evidence;
mod exclude;
mod file_upload;
mod finding;
mod gate;
mod graphql;
mod http_split;
mod ldap;
mod memo;
mod nosql;
mod open_redirect;
mod path;
mod proto_pollution;
mod recogniser;
mod recon;
mod rule;
mod scan;
mod scanner;
mod sensitive_file;
mod session_fixation;
mod shadow;
mod shape;
mod shell;
mod source;
mod sqli;
mod ssi;
mod ssrf;
mod surface;
mod template;
mod traversal;
mod url;
mod view;
mod words;
mod xml;
mod xss;

pub use class::{Class, ClassSet};
pub(crate) use custom::CustomPatterns;
pub(crate) use evidence::DisabledRules;
pub(crate) use exclude::{Exclusions, RequestPath, is_ambiguous, unknown};
pub use finding::Finding;
pub(crate) use finding::printable;
pub(crate) use gate::{byte, is_plain, is_plain_alone, plain_run};
pub(crate) use memo::{Memo, MemoFact};
pub(crate) use rule::HIGHEST_THRESHOLD;
pub use rule::{Rule, THRESHOLD};
pub use scan::Scanner;
pub(crate) use scan::{ScanOptions, ShadowRun, is_clean};
pub(crate) use session_fixation::names_session;
pub(crate) use shadow::ShadowRules;
pub(crate) use shape::Shape;
pub use surface::{Input, Location};
pub use view::Decodings;
pub(crate) use view::View;

#[cfg(test)]
mod tests;
