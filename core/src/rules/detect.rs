//! The settings of attack detection, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::OnIncomplete;
use crate::detect::{ClassSet, CustomRules, Exclusions, ShadowRules};

/// Settings of detection, compiled.
#[derive(Debug)]
pub(crate) struct DetectRules {
    pub(crate) enabled: bool,
    pub(crate) classes: ClassSet,
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// Patterns of the operator and recognisers of the application.
    pub(crate) custom: CustomRules,
    /// Rules that report and do not count.
    pub(crate) shadow: ShadowRules,
    pub(crate) exclusions: Exclusions,
    /// Lower-case names whose values are left out of excerpts.
    pub(crate) sensitive: Vec<String>,
    pub(crate) on_incomplete: OnIncomplete,
}
