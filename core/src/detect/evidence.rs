//! Evidence for one class in one view: which rules spoke, where, and how much they weigh together.

use core::ops::Range;

use arrayvec::ArrayVec;

use super::rule::{Rule, THRESHOLD};

/// Distinct rules kept for the explanation; the score counts all of them.
const MAX_ITEMS: usize = 12;

/// Which rule spoke, and about which bytes of the view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) rule: &'static Rule,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a recogniser found so far. Each rule counts once, however often it matches.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    items: ArrayVec<Item, MAX_ITEMS>,
    score: u16,
}

impl Evidence {
    /// Add a rule with the bytes it is about.
    pub(crate) fn add(&mut self, rule: &'static Rule, span: Range<usize>) {
        if self.items.iter().any(|item| core::ptr::eq(item.rule, rule)) {
            return;
        }
        let at = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        let item = Item { rule, start: at(span.start), end: at(span.end) };
        if self.items.try_push(item).is_ok() {
            self.score = self.score.saturating_add(rule.weight);
        }
    }

    /// The sum of the weights, in hundredths.
    pub(crate) fn score(&self) -> u16 {
        self.score
    }

    /// Whether a recogniser may stop: the threshold is reached, whatever follows.
    pub(crate) fn is_enough(&self) -> bool {
        self.score >= THRESHOLD
    }

    /// What was found, in order.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Take back what `unwanted` rules added.
    pub(crate) fn drop_rules(&mut self, unwanted: impl Fn(&Rule) -> bool) {
        self.items.retain(|item| !unwanted(item.rule));
        self.score = self.items.iter().fold(0, |sum, item| sum.saturating_add(item.rule.weight));
    }
}
