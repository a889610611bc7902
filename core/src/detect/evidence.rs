//! Evidence for one class in one view: which rules spoke, where, and how much they weigh together.

use core::ops::Range;

use arrayvec::ArrayVec;

use super::Class;
use super::rule::Rule;

/// Distinct rules that are kept and counted. So many of any class weigh at least the highest threshold there is.
pub(super) const MAX_ITEMS: usize = 24;

/// Which rule spoke, and about which bytes of the view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) rule: &'static Rule,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a recogniser found so far. Each rule counts once, however often it matches; a rule that is switched off for the
/// value never counts, so that it cannot end a reading early and hide what follows.
#[derive(Clone)]
pub(crate) struct Evidence<'t> {
    items: ArrayVec<Item, MAX_ITEMS>,
    score: u16,
    threshold: u16,
    off: Off<'t>,
}

/// Which rules do not count, by class and id: none, or those for which it holds.
pub(crate) type Off<'t> = Option<&'t dyn Fn(Class, &str) -> bool>;

impl<'t> Evidence<'t> {
    /// No evidence yet; rules that are `off` will not count, and `threshold` is enough.
    pub(crate) const fn new(threshold: u16, off: Off<'t>) -> Self {
        Self { items: ArrayVec::new_const(), score: 0, threshold, off }
    }

    /// No evidence yet, under the same terms: another reading of the same value.
    pub(crate) const fn afresh(&self) -> Self {
        Self::new(self.threshold, self.off)
    }

    /// Whether a rule does not count here.
    pub(crate) fn is_off(&self, rule: &Rule) -> bool {
        self.off.is_some_and(|off| off(rule.class, rule.id))
    }

    /// Add a rule with the bytes it is about.
    pub(crate) fn add(&mut self, rule: &'static Rule, span: Range<usize>) {
        if self.items.iter().any(|item| core::ptr::eq(item.rule, rule)) || self.is_off(rule) {
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
        self.score >= self.threshold
    }

    /// What was found, in order.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }
}

impl core::fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Evidence")
            .field("items", &self.items)
            .field("score", &self.score)
            .finish_non_exhaustive()
    }
}
