//! Excluded paths, compiled: only access lists, bans, rate limits, preflight replies and security headers apply to them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::RequestPath;

/// Paths, compiled: without a slash at the end, so that `/` is the empty string.
#[derive(Debug, Default)]
pub(crate) struct ExcludedPaths(pub(crate) Vec<String>);

impl ExcludedPaths {
    pub(crate) fn covers(&self, path: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = RequestPath::of(path);
        self.0.iter().any(|root| path.is_below(root))
    }
}
