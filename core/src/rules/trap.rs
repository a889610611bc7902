//! Trap paths, compiled.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// Traps, compiled.
#[derive(Debug, Default)]
pub(crate) struct Traps {
    pub(crate) paths: Vec<TrapPath>,
    pub(crate) term: Duration,
}

impl Traps {
    /// Whether a canonical path is a trap, in any case.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.paths.iter().any(|trap| trap.matches(path))
    }
}

/// One trap; its path is canonical.
#[derive(Debug)]
pub(crate) enum TrapPath {
    /// This path.
    Exact(String),
    /// This path in any directory: `*/wp-login.php`.
    AnyDirectory(String),
}

impl TrapPath {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(trap) => trap.eq_ignore_ascii_case(path),
            // It starts with a slash, so it matches whole segments only.
            Self::AnyDirectory(trap) => {
                let start = path.len().checked_sub(trap.len());
                start.is_some_and(|start| path.as_bytes()[start..].eq_ignore_ascii_case(trap.as_bytes()))
            }
        }
    }
}
