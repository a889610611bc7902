//! What an operator changes about detection: own patterns, exclusions, and rules in shadow.
//!
//! Lists are compiled from plain data to a value and the [`Problem`]s of the list; the caller turns these into errors of
//! its configuration.

mod custom;
mod exclude;
mod options;
mod problem;
mod search;
mod shadow;

pub(crate) use custom::{CustomPatterns, PATTERN_LOCATIONS, PatternSource};
pub(crate) use exclude::{ExclusionSource, Exclusions, RequestPath, is_ambiguous};
pub(crate) use options::{ScanOptions, ShadowRun};
pub(crate) use problem::Problem;
pub(crate) use shadow::ShadowRules;
