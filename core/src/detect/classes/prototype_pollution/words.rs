//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// Words of the gate.
pub(in crate::detect) const WORDS: &[Words] = &[(word::PROTOTYPE, &["proto", "prototype"])];
