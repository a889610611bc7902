//! What counts as evidence.

use crate::detect::Rule;

/// Every rule of this class.
pub(in crate::detect) static ALL: &[&Rule] = &[];
