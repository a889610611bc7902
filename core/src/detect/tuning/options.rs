//! What a scan is given besides the value and the classes.

use alloc::boxed::Box;
use alloc::string::String;
use core::cell::RefCell;

use crate::budget::{Exhausted, WorkBudget};
use crate::detect::evidence::{Class, DisabledRules, Finding, THRESHOLD};
use crate::detect::tuning::CustomRules;

/// What is known about one input besides its classes: from the configuration, and from the document around it.
pub(crate) struct ScanOptions<'t> {
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// Rules and patterns that do not count here.
    pub(crate) off: DisabledRules<'t>,
    /// Rules and patterns that are only tried.
    pub(crate) shadow: Option<&'t ShadowRun<'t>>,
    /// Names of the operator whose values must not appear in an excerpt, in lower case.
    pub(crate) sensitive: &'t [String],
    /// Patterns and recognisers, where there are any for such a value.
    pub(crate) custom: Option<&'t CustomRules>,
    /// The budget that decoders and recognisers debit; `None` if the caller bounds the value.
    pub(crate) budget: Option<&'t WorkBudget>,
}

impl Default for ScanOptions<'_> {
    fn default() -> Self {
        Self { threshold: THRESHOLD, off: None, shadow: None, sensitive: &[], custom: None, budget: None }
    }
}

/// Rules in shadow, and the first attack that they would have made one.
pub(crate) struct ShadowRun<'t> {
    /// The rules and patterns.
    pub(crate) covers: &'t dyn Fn(Class, &str) -> bool,
    /// Whether findings of rules in shadow are reported.
    pub(crate) reports: bool,
    /// What they found.
    pub(crate) finding: RefCell<Option<Box<Finding>>>,
}

impl ShadowRun<'_> {
    /// Whether a finding would be reported, and there is no finding yet.
    pub(in crate::detect) fn is_open(&self) -> bool {
        self.reports && self.finding.borrow().is_none()
    }
}

impl ScanOptions<'_> {
    /// Debit a decoder of `bytes`.
    pub(in crate::detect) fn debit_decoder(&self, bytes: usize) -> Result<(), Exhausted> {
        self.budget.map_or(Ok(()), |budget| budget.unescape(bytes))
    }

    /// Debit a recogniser of a view of `bytes`.
    pub(in crate::detect) fn debit_recogniser(&self, bytes: usize) -> Result<(), Exhausted> {
        self.budget.map_or(Ok(()), |budget| budget.recognise(bytes))
    }
}
