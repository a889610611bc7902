//! The patterns under `[[route]]` that matched a request: a pattern that never matches is probably mistyped.

use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_core::Engine;

/// The patterns of a configuration, sorted, each with a flag that a request matched it.
#[derive(Debug, Default)]
pub(crate) struct RoutePatterns(Box<[(Box<str>, AtomicBool)]>);

impl RoutePatterns {
    pub(crate) fn of(engine: &Engine) -> Self {
        Self(engine.route_patterns().map(|pattern| (pattern.into(), AtomicBool::new(false))).collect())
    }

    /// Record that a request matched this pattern.
    pub(crate) fn record_match(&self, pattern: &str) {
        if let Ok(index) = self.0.binary_search_by(|(known, _)| (**known).cmp(pattern)) {
            let matched = &self.0[index].1;
            // Only the first request writes, so that the cache line stays shared between cores.
            if !matched.load(Ordering::Relaxed) {
                matched.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The patterns that matched no request.
    pub(crate) fn unmatched(&self) -> Vec<String> {
        let unmatched = self.0.iter().filter(|(_, matched)| !matched.load(Ordering::Relaxed));
        unmatched.map(|(pattern, _)| pattern.to_string()).collect()
    }
}
