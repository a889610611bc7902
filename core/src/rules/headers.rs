//! Headers that a policy requires, compiled.

use alloc::string::String;
use alloc::vec::Vec;

/// Required headers, compiled.
#[derive(Debug, Default)]
pub(crate) struct HeaderRequirements(pub(crate) Vec<HeaderRequirement>);

/// One required header.
#[derive(Debug)]
pub(crate) struct HeaderRequirement {
    /// The name as in the configuration.
    pub(crate) name: String,
    /// `None` for any.
    pub(crate) value: Option<String>,
}
