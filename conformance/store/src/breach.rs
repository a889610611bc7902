//! How a law was broken.

use std::fmt;

use crate::Law;

/// A law that a store breaks, and what showed it.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// What [`Contract::seed`](crate::Contract::seed) needs to show it again.
    pub seed: u64,
    /// What was asked, what was answered, and what should have been.
    pub story: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, seed, story } = self;
        write!(f, "the store breaks its contract: {}\n{story}\n(seed {seed})", law.text())
    }
}

impl std::error::Error for Breach {}
