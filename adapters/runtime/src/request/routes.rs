//! Which patterns under `[[route]]` any request was served by: one that never is was probably mistyped.

use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_core::Engine;

use crate::guard::Guard;

/// The patterns of a configuration, sorted, and whether a request came by.
#[derive(Debug, Default)]
pub(crate) struct RoutePatterns(Box<[(Box<str>, AtomicBool)]>);

impl RoutePatterns {
    pub(crate) fn of(engine: &Engine) -> Self {
        Self(engine.route_patterns().map(|pattern| (pattern.into(), AtomicBool::new(false))).collect())
    }

    /// A request came by the route of this pattern.
    pub(crate) fn note(&self, pattern: &str) {
        if let Ok(index) = self.0.binary_search_by(|(known, _)| (**known).cmp(pattern)) {
            let matched = &self.0[index].1;
            // Only the first request writes: a line that all threads read stays in their caches.
            if !matched.load(Ordering::Relaxed) {
                matched.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl Guard {
    /// Patterns under `[[route]]` by which no request was served since the configuration was loaded: look there for a slip.
    #[must_use]
    pub fn unmatched_routes(&self) -> Vec<String> {
        let routes = self.0.routes.load();
        let unmatched = routes.0.iter().filter(|(_, matched)| !matched.load(Ordering::Relaxed));
        unmatched.map(|(pattern, _)| pattern.to_string()).collect()
    }
}
