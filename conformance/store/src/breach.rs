//! The report of a broken law.

use std::fmt;

use crate::Law;

/// A law that a store breaks, and the evidence.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// The seed for [`Contract::seed`](crate::Contract::seed) that reproduces it.
    pub seed: u64,
    /// The ops, the store's replies and the expected ones.
    pub evidence: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, seed, evidence } = self;
        write!(f, "the store breaks its contract: {}\n{evidence}\n(seed {seed})", law.text())
    }
}

impl std::error::Error for Breach {}
