//! Decoders: each undoes one family of encodings in one pass and never makes a value longer.
//!
//! Every function appends nothing to what `out` holds but replaces it, and says what it undid; when it undid nothing,
//! `out` is unspecified and the caller keeps reading the input.
//!
//! Nesting needs no iteration: what an escape decodes to is appended to the output like any other byte, and whenever the
//! tail of the output has become an escape itself, it is replaced in turn. Every replacement shrinks the output, so the
//! work is linear in the input however deeply it was encoded, and the result holds no escape any more.
//!
//! Each also tells, to whoever asks, how much it has read and written after each piece, which leads from a place in the
//! output back to the input.

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
