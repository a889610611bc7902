//! What operators and applications change about detection: patterns, recognisers, exclusions, and rules in shadow.
//!
//! Lists are compiled from plain data to a value and the [`Problem`]s of the list; the caller turns these into errors of
//! its configuration.

mod custom;
mod custom_rules;
mod exclude;
mod installed;
mod options;
mod problem;
mod recogniser;
mod search;
mod shadow;

pub use custom::PatternLocation;
pub(crate) use custom::{CustomPatterns, PatternSource};
pub(crate) use custom_rules::CustomRules;
pub(crate) use exclude::{ExclusionSource, Exclusions, RequestPath, is_ambiguous};
pub(crate) use installed::InstalledRecognisers;
pub(in crate::detect) use installed::add_declared;
pub(crate) use options::{ScanOptions, ShadowRun};
pub(crate) use problem::Problem;
pub use recogniser::{CustomEvidence, CustomRecogniser, Recognisers};
pub(crate) use shadow::ShadowRules;
