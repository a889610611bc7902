//! Decoders: each decodes one family of encodings in one pass and never lengthens a value. The views they produce, and the
//! way back from a view to the value, are here too.
//!
//! A decoder replaces the content of `out` and returns what it decoded; when it decoded nothing, `out` is unspecified and
//! the caller continues with the input.
//!
//! Nesting needs no iteration: what an escape decodes to is appended to the output like any other byte, and whenever the
//! tail of the output has become an escape itself, it is replaced in turn. Every replacement shrinks the output, so the
//! work is linear in the input at any depth of encoding, and the result contains no escape.
//!
//! The `_traced` variants report after each piece how much they have read and written, which maps a position in the
//! output to the input.

mod base64_run;
mod decodings;
mod digits;
mod escapes;
mod fold;
mod percent;
mod result;
mod source;
mod view;
mod wide;
pub(crate) mod work;

pub(crate) use base64_run::{MIN_RUN as MIN_BASE64_RUN, digit as base64_digit, traced as base64_run_traced};
pub(crate) use base64_run::{base64_run, has_base64_run};
pub use decodings::Decodings;
pub(crate) use escapes::{escapes, traced as escapes_traced};
pub(crate) use fold::{fold, folds, traced as fold_traced};
pub(crate) use percent::{percent, traced as percent_traced};
pub(crate) use result::DecodeResult;
pub(in crate::detect) use source::{Outer, Source};
pub(crate) use view::View;
pub(crate) use wide::{is_wide, traced as wide_traced, wide};

#[cfg(test)]
mod tests;
