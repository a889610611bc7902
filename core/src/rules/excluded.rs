//! Paths for which only lists, bans and limits are checked, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::RequestPath;

/// Paths, compiled: without a slash at the end, so that `/` is the empty one.
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
