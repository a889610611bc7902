//! Headers that a policy requires, compiled.

use alloc::string::String;
use alloc::vec::Vec;

/// Required headers, compiled.
#[derive(Debug, Default)]
pub(crate) struct HeaderRequirements(pub(crate) Vec<HeaderRequirement>);

#[derive(Debug)]
pub(crate) struct HeaderRequirement {
    /// As the operator writes it.
    pub(crate) name: String,
    /// `None` for any.
    pub(crate) value: Option<String>,
}
