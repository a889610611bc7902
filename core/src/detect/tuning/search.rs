//! The search of a value for the operator's patterns.

use alloc::boxed::Box;

use crate::detect::decode::{Decodings, Source};
use crate::detect::evidence::{Class, Finding};
use crate::detect::tuning::ScanOptions;

impl ScanOptions<'_> {
    /// The first pattern that matches the value as it came, or else its last view. What it holds in base64 is searched in
    /// the views of that alone: the value itself has been searched.
    pub(in crate::detect) fn search_patterns(&self, last: &Source<'_>) -> Option<Box<Finding>> {
        let raw = Source { bytes: last.input.value, decodings: Decodings::RAW, ..*last };
        let found = if last.outer.is_none() { self.search(&raw) } else { None };
        found.or_else(|| if last.decodings == Decodings::RAW { None } else { self.search(last) })
    }

    fn search(&self, source: &Source<'_>) -> Option<Box<Finding>> {
        let custom = &self.custom?.patterns;
        let is_off = |id: &str| self.off.is_some_and(|off| off(Class::Custom, id));
        let in_shadow = |id: &str| self.shadow.is_some_and(|shadow| (shadow.covers)(Class::Custom, id));
        let matches = custom.find(source.bytes, source.input.location, &is_off, &in_shadow);
        let finding = |index: usize| {
            let (id, span) = custom.locate(index, source.bytes);
            Box::new(Finding::of_pattern(id, source, span, self.threshold, self.sensitive))
        };
        let shadow = self.shadow.filter(|shadow| matches.on.is_none() && shadow.is_open());
        if let (Some(index), Some(shadow)) = (matches.shadow, shadow) {
            *shadow.finding.borrow_mut() = Some(finding(index));
        }
        matches.on.map(finding)
    }
}
