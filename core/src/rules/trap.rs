//! Trap paths, compiled.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// Traps, compiled.
#[derive(Debug, Default)]
pub(crate) struct Traps {
    pub(crate) paths: Vec<String>,
    pub(crate) term: Duration,
}

impl Traps {
    /// Whether `path` is a trap, in any case.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.paths.iter().any(|trap| trap.eq_ignore_ascii_case(path))
    }
}
