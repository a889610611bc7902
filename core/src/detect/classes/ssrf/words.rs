//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// A part of every host below that is looked for without a scheme.
pub(in crate::detect) const WORDS: &[Words] = &[(
    word::INNER_HOST,
    &[
        "internal",
        "latest",
        "localdomain",
        "localhost",
        "localtest",
        "lvh",
        "metadata",
        "nip",
        "sslip",
        "xip",
    ],
)];
