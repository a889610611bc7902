//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// What the name of a file starts with in which PHP keeps a session.
pub(in crate::detect) const WORDS: &[Words] = &[(word::FILE, &["sess"])];
