//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// What scripts in a query name: the document, the database, the clock, the way out.
pub(in crate::detect) const WORDS: &[Words] =
    &[(word::NOSQL_SCRIPT, &["this", "db", "date", "sleep", "return"])];
