//! Patterns of response bodies, compiled: all expressions and texts in one pass, and one pass for each JSON path.

use alloc::vec::Vec;

use super::json_path::JsonPath;
use crate::pattern::Patterns;

/// The patterns of a set of rules, each with the index of its rule.
#[derive(Debug)]
pub(crate) struct BodyPatterns {
    pub(crate) patterns: Option<(Patterns, Vec<usize>)>,
    pub(crate) paths: Vec<(JsonPath, usize)>,
    /// The number of bytes that are searched.
    pub(crate) prefix: usize,
}

impl BodyPatterns {
    /// Call `visit` with the index of each rule whose pattern matches `body`.
    pub(crate) fn search(&self, body: &[u8], visit: &mut dyn FnMut(usize)) {
        let body = &body[..body.len().min(self.prefix)];
        if let Some((patterns, rules)) = &self.patterns {
            patterns.find_where(body, &mut |index| {
                rules.get(index).copied().into_iter().for_each(&mut *visit);
                false
            });
        }
        let found = self.paths.iter().filter(|(path, _)| path.matches(body));
        found.for_each(|(_, rule)| visit(*rule));
    }
}
