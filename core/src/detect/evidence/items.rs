//! Evidence for one class in one view: the rules that match, where, and the sum of their weights.
//!
//! Rules in shadow are kept and weighed apart from the others: they never make an attack, and one pass yields both scores.

use core::ops::Range;

use arrayvec::ArrayVec;

use crate::detect::evidence::{Class, Rule};

/// Distinct rules that are kept and counted. So many of any class weigh at least the highest threshold there is.
pub(in crate::detect) const MAX_ITEMS: usize = 26;

/// A rule that matched, and the bytes of the view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) rule: &'static Rule,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether the rule is in shadow.
    pub(crate) shadow: bool,
}

/// What a recogniser found so far. Each rule counts once, however often it matches; a rule that is switched off for the
/// value never counts, so that it cannot end a reading early and hide what follows.
#[derive(Clone)]
pub(crate) struct Evidence<'t> {
    items: ArrayVec<Item, MAX_ITEMS>,
    score: u16,
    shadow_score: u16,
    threshold: u16,
    off: DisabledRules<'t>,
    shadow: DisabledRules<'t>,
}

/// Some rules, by class and id: none, or those for which it holds.
pub(crate) type DisabledRules<'t> = Option<&'t dyn Fn(Class, &str) -> bool>;

impl<'t> Evidence<'t> {
    /// No evidence yet; rules that are `off` will not count, those in `shadow` only apart, and `threshold` is enough.
    pub(crate) const fn new(threshold: u16, off: DisabledRules<'t>, shadow: DisabledRules<'t>) -> Self {
        Self { items: ArrayVec::new_const(), score: 0, shadow_score: 0, threshold, off, shadow }
    }

    /// No evidence yet, under the same terms: another reading of the same value.
    pub(crate) const fn empty_copy(&self) -> Self {
        Self::new(self.threshold, self.off, self.shadow)
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
        let shadow = self.shadow.is_some_and(|shadow| shadow(rule.class, rule.id));
        let item = Item { rule, start: at(span.start), end: at(span.end), shadow };
        if self.items.try_push(item).is_ok() {
            let score = if shadow { &mut self.shadow_score } else { &mut self.score };
            *score = score.saturating_add(rule.weight);
        }
    }

    /// The sum of the weights, in hundredths.
    pub(crate) fn score(&self) -> u16 {
        self.score
    }

    /// The sum with the weights of rules in shadow.
    pub(crate) fn full_score(&self) -> u16 {
        self.score.saturating_add(self.shadow_score)
    }

    /// Whether it weighs more than `other`; where neither does, whether it would without shadows.
    pub(crate) fn outweighs(&self, other: &Self) -> bool {
        (self.score, self.shadow_score) > (other.score, other.shadow_score)
    }

    /// Whether the rules in shadow complete an attack that the others do not.
    pub(crate) fn is_enough_in_shadow(&self) -> bool {
        !self.is_enough() && self.full_score() >= self.threshold
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
