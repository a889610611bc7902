//! The inspection of a body, apart from its request, so that it can run on another thread.
//!
//! It decides which values are attacks and which honeypot fields are set. What follows from that is decided by the request.

use alloc::boxed::Box;
use alloc::string::String;
use core::ops::ControlFlow;

use super::inspector::{Inspector, Origin};
use crate::body::buffers::Buffers;
use crate::body::coding::{Codings, Stage};
use crate::body::gaps::Gaps;
use crate::body::honeypot;
use crate::body::media::Media;
use crate::body::walk::{Value, Walker};
use crate::budget::WorkBudget;
use crate::detect::{ClassSet, Finding, Location, RequestPath, Scanner};
use crate::rules::{Policy, Rules};

/// A body, and all that its inspection depends on.
pub(crate) struct BodyInspection<'b> {
    pub(crate) rules: &'b Rules,
    pub(crate) policy: Option<&'b Policy>,
    /// The classes; `None` if only honeypot fields are looked for.
    pub(crate) classes: Option<ClassSet>,
    pub(crate) media: Media<'b>,
    pub(crate) codings: &'b Codings,
    pub(crate) body: &'b [u8],
    /// Whether only the beginning of the body was read.
    pub(crate) is_truncated: bool,
    /// The path of the request, for exclusions.
    pub(crate) path: &'b str,
    pub(crate) origin: Origin<'b>,
    /// Whether findings of shadow rules are reported.
    pub(crate) reports_shadow: bool,
}

/// The result of an inspection.
#[derive(Debug, Default)]
pub(crate) struct BodyReport {
    pub(crate) found: Option<BodyFinding>,
    pub(crate) inspected: u64,
    pub(crate) steps: u64,
    pub(crate) gaps: Gaps,
    /// The first attack that only shadow rules match.
    pub(crate) shadow: Option<Box<Finding>>,
}

/// A finding in a body.
#[derive(Debug, PartialEq)]
pub(crate) enum BodyFinding {
    /// An attack.
    Attack(Box<Finding>),
    /// A honeypot field is set.
    Honeypot,
}

impl BodyInspection<'_> {
    /// Inspect every stage of the body until there is a finding.
    pub(crate) fn run(&self, scanner: &mut Scanner, buffers: &mut Buffers) -> BodyReport {
        let inflation = self.rules.body.inflation;
        let ratio = if self.codings.is_plain() { 0 } else { inflation.ratio };
        let budget = WorkBudget::of_body(self.body.len(), ratio);
        let mut report = BodyReport::default();
        let limits = (inflation, &budget);
        let gaps = self.codings.stages(self.body, self.is_truncated, limits, buffers, |stage, buffers| {
            if report.found.is_none() {
                self.inspect_stage(stage, &budget, (&mut *scanner, buffers), &mut report);
            }
        });
        report.gaps.merge(gaps);
        report.steps = budget.spent();
        report
    }

    fn inspect_stage(
        &self,
        stage: Stage<'_>,
        budget: &WorkBudget,
        (scanner, buffers): (&mut Scanner, &mut Buffers),
        report: &mut BodyReport,
    ) {
        let detect = self.classes.is_some();
        let honeypot: &[String] = self.policy.map_or(&[], |policy| &policy.source.honeypot);
        // The names of honeypot fields are few and short.
        let mut names = Buffers::new();
        let mut inspector = Inspector::of(&self.rules.detect, self.policy, scanner, budget);
        inspector.classes = self.classes.unwrap_or_default();
        inspector.path = RequestPath::of(self.path);
        inspector.origin = self.origin;
        inspector.reports_shadow = self.reports_shadow && report.shadow.is_none();
        // The JSON reader detects plain strings itself.
        let skips_plain = honeypot.is_empty() && inspector.custom_rules(Location::Json).is_none();
        let visit = |value: &Value<'_>| {
            if !honeypot.is_empty() && honeypot::find_filled(honeypot, value, &mut names).is_some() {
                return ControlFlow::Break(BodyFinding::Honeypot);
            }
            if !detect {
                return ControlFlow::Continue(());
            }
            let is_not_plain =
                skips_plain && matches!(value.input.location, Location::Json | Location::JsonKey);
            let flow =
                if is_not_plain { inspector.inspect_complex(value) } else { inspector.inspect_value(value) };
            flow.map_break(BodyFinding::Attack)
        };
        let mut walker = Walker::new(buffers, budget, visit);
        (walker.skips_plain, walker.is_wire) = (skips_plain, stage.is_wire);
        let found = walker.body(&self.media, stage.bytes);
        // Compressed bytes may resemble declarations of charsets and transfer codings.
        let noise = if stage.is_wire { Gaps::CHARSET.and(Gaps::CODING) } else { Gaps::default() };
        report.gaps.merge(walker.gaps.without(noise));
        let skipped = if detect { walker.skipped } else { 0 };
        report.gaps.merge(inspector.gaps);
        let inspected = (inspector.inspected + skipped).min(stage.bytes.len() as u64);
        report.inspected = report.inspected.max(inspected);
        let mut shadow = inspector.shadow.take();
        let mut found = found.break_value();
        let attack = match &mut found {
            Some(BodyFinding::Attack(finding)) => Some(finding),
            _ => None,
        };
        for finding in attack.into_iter().chain(&mut shadow) {
            finding.mask_secrets_of(stage.bytes, &self.rules.detect.sensitive);
        }
        report.shadow = report.shadow.take().or(shadow);
        report.found = found;
    }
}
