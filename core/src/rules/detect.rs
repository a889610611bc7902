//! The settings of attack detection, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::OnIncomplete;
use crate::detect::{ClassSet, CustomPatterns, Exclusions, ShadowRules};

/// What is looked for, compiled.
#[derive(Debug)]
pub(crate) struct DetectRules {
    pub(crate) enabled: bool,
    pub(crate) classes: ClassSet,
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// The operator's patterns.
    pub(crate) custom: CustomPatterns,
    /// What is reported and does not count.
    pub(crate) shadow: ShadowRules,
    pub(crate) exclusions: Exclusions,
    /// Lower-case names whose values stay out of excerpts.
    pub(crate) sensitive: Vec<String>,
    pub(crate) on_incomplete: OnIncomplete,
}
