//! The settings of attack detection, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::OnIncomplete;
use crate::detect::{ClassSet, CustomPatterns, Exclusions, ShadowRules};

/// Settings of detection, compiled.
#[derive(Debug)]
pub(crate) struct DetectRules {
    pub(crate) enabled: bool,
    pub(crate) classes: ClassSet,
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// The operator's patterns.
    pub(crate) custom: CustomPatterns,
    /// Rules that report and do not count.
    pub(crate) shadow: ShadowRules,
    pub(crate) exclusions: Exclusions,
    /// Lower-case names whose values are left out of excerpts.
    pub(crate) sensitive: Vec<String>,
    pub(crate) on_incomplete: OnIncomplete,
}
