//! The inspector of values: it decides for each whether it is clean, and scans the others.
//!
//! It counts the inspected bytes and records what was not inspected. Strikes and responses are not its concern.

use alloc::boxed::Box;
use core::cell::RefCell;
use core::ops::ControlFlow;

use crate::body::buffers::Buffers;
use crate::body::gaps::Gaps;
use crate::body::walk::{Value, Walker};
use crate::body::{form, walk};
use crate::budget::WorkBudget;
use crate::detect::{
    Class, ClassSet, CustomRules, DisabledRules, Exclusions, Finding, Input, Location, Memo, MemoFact,
    RequestPath, ScanOptions, Scanner, ShadowRun, THRESHOLD, View, byte, is_clean,
};
use crate::host::Authority;
use crate::request::head::{HeaderFields, HeaderValues};
use crate::rules::Policy;
use crate::rules::detect::DetectRules;
use crate::text::is_name;

/// Inspects inputs one by one, and stops at the first attack.
pub(crate) struct Inspector<'e> {
    scanner: &'e mut Scanner,
    rules: &'e DetectRules,
    pub(super) classes: ClassSet,
    route: Option<&'e Exclusions>,
    pub(super) path: RequestPath<'e>,
    /// The number of inspected bytes.
    pub(super) inspected: u64,
    /// The budget of decoders and recognisers.
    budget: &'e WorkBudget,
    /// Whether a value adds to the budget, as those of headers do: most of them need no scan, so their length is not summed up
    /// before.
    pub(super) adds_to_budget: bool,
    /// The parts that were not inspected.
    pub(super) gaps: Gaps,
    /// Whether the memo of clean header values applies: only with the default threshold and without patterns and recognisers for headers.
    uses_memo: bool,
    /// Where the request comes from.
    pub(super) origin: Origin<'e>,
    /// Whether findings of shadow rules are reported: once for each request.
    pub(super) reports_shadow: bool,
    /// The first attack that only shadow rules match.
    pub(super) shadow: Option<Box<Finding>>,
}

/// Whether a page of another site made the request.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'e> {
    /// Determined already.
    Known { cross_site: bool },
    /// By the headers and the host; determined when first needed.
    Of(&'e dyn HeaderFields, Option<&'e [u8]>),
}

impl Origin<'_> {
    /// Whether a page of another site made the request, by its `Referer`. A page can suppress the header, but cannot forge
    /// another site.
    pub(crate) fn is_cross_site(self) -> bool {
        match self {
            Self::Known { cross_site } => cross_site,
            Self::Of(headers, host) => {
                let from = HeaderValues::of(headers, "referer").first.and_then(Authority::of_url);
                let to = host.and_then(Authority::parse);
                from.zip(to).is_some_and(|(from, to)| !from.host.is_same_site(to.host))
            }
        }
    }
}

/// The finding is boxed, so that the result for a value without one, the common case, has the size of a pointer.
pub(crate) type InspectFlow = ControlFlow<Box<Finding>>;

impl<'e> Inspector<'e> {
    /// An inspector without a request, as for messages: exclusions with a path do not apply, and shadow rules do not report.
    pub(crate) fn of(
        rules: &'e DetectRules,
        policy: Option<&'e Policy>,
        scanner: &'e mut Scanner,
        budget: &'e WorkBudget,
    ) -> Self {
        Self {
            scanner,
            rules,
            classes: policy.and_then(|policy| policy.classes).unwrap_or(rules.classes),
            route: policy.map(|policy| &policy.exclusions).filter(|list| !list.is_empty()),
            path: RequestPath::default(),
            inspected: 0,
            budget,
            adds_to_budget: false,
            gaps: Gaps::default(),
            uses_memo: rules.threshold == THRESHOLD && !rules.custom.applies_to(Location::Header),
            origin: Origin::Known { cross_site: false },
            reports_shadow: false,
            shadow: None,
        }
    }

    /// Inspect the path as a whole, and then each segment, unless it consists of plain names.
    pub(super) fn inspect_path(&mut self, path: &[u8]) -> InspectFlow {
        let input = Input { location: Location::Path, name: b"", value: path };
        let view = View::raw(&input, b"");
        let plain = !view.shape.any(!byte::NAMES);
        self.inspect_view(view, &input)?;
        if plain {
            return ControlFlow::Continue(());
        }
        let inspected = self.inspected;
        let mut segments = path.split(|byte| *byte == b'/');
        let found = segments.try_for_each(|segment| self.inspect(Location::Segment, b"", segment));
        // The bytes of the segments were counted with the path.
        self.inspected = inspected;
        found
    }

    pub(crate) fn inspect(&mut self, location: Location, name: &[u8], value: &[u8]) -> InspectFlow {
        let input = Input { location, name, value };
        self.inspect_value(&Value { input, content: b"", classes: ClassSet::ALL })
    }

    /// Inspect a value of the head, and the JSON document that it may embed. Inlined like `inspect_value`: calls took 5 % of
    /// the time of a request.
    #[inline(always)]
    fn inspect_embedding(
        &mut self,
        location: Location,
        name: &[u8],
        value: &[u8],
        buffers: &mut Buffers,
    ) -> InspectFlow {
        self.inspect(location, name, value)?;
        if !walk::may_embed(name, value) {
            return ControlFlow::Continue(());
        }
        let budget = self.budget;
        let visit = |value: &Value<'_>| self.inspect_value(value);
        let mut walker = Walker::new(buffers, budget, visit);
        let found = walker.embedded(name, value, false);
        let gaps = walker.gaps;
        self.gaps.merge(gaps);
        found
    }

    #[inline(always)]
    pub(crate) fn inspect_value(&mut self, value: &Value<'_>) -> InspectFlow {
        if self.custom_rules(value.input.location).is_none() && value.input.is_plain() {
            self.inspected += value.input.value.len() as u64;
            return ControlFlow::Continue(());
        }
        self.inspect_complex(value)
    }

    fn is_cross_site(&mut self) -> bool {
        let cross_site = self.origin.is_cross_site();
        self.origin = Origin::Known { cross_site };
        cross_site
    }

    /// Patterns and recognisers for values from `location`, if there are any.
    pub(super) fn custom_rules(&self, location: Location) -> Option<&'e CustomRules> {
        let rules = self.rules;
        Some(&rules.custom).filter(|custom| custom.applies_to(location) && self.classes.has(Class::Custom))
    }

    /// Inspect a value that is not plain.
    pub(super) fn inspect_complex(&mut self, value: &Value<'_>) -> InspectFlow {
        if value.input.location == Location::LinkedName && !self.is_cross_site() {
            return ControlFlow::Continue(());
        }
        let classes = self.classes;
        self.classes = classes.within(value.classes);
        let found = self.inspect_view(View::raw(&value.input, value.content), &value.input);
        self.classes = classes;
        found
    }

    fn inspect_view(&mut self, mut view: View<'_>, input: &Input<'_>) -> InspectFlow {
        let (custom, len) = (self.custom_rules(input.location), input.value.len());
        self.inspected += len as u64;
        if custom.is_none() && is_clean(&mut view, self.classes) {
            return ControlFlow::Continue(());
        }
        self.scan(view, input, custom)
    }

    /// Not inlined, so that the code for clean values stays small.
    #[inline(never)]
    fn scan(&mut self, view: View<'_>, input: &Input<'_>, custom: Option<&CustomRules>) -> InspectFlow {
        if self.adds_to_budget {
            self.budget.receive(input.value.len());
        }
        let (global, route, path) = (&self.rules.exclusions, self.route, &self.path);
        let excluded = |class: Class, rule: &str| {
            global.covers(path, input, (class, rule))
                || route.is_some_and(|route| route.covers(path, input, (class, rule)))
        };
        let excludes = !global.is_empty() || route.is_some();
        let off: DisabledRules<'_> = if excludes { Some(&excluded) } else { None };
        let shadow = &self.rules.shadow;
        let covers = |class: Class, rule: &str| shadow.covers(class, rule);
        let shadow_run = ShadowRun {
            covers: &covers,
            reports: self.reports_shadow,
            finding: RefCell::new(self.shadow.take()),
        };
        let options = ScanOptions {
            threshold: self.rules.threshold,
            off,
            shadow: (!shadow.is_empty()).then_some(&shadow_run),
            sensitive: &self.rules.sensitive,
            custom,
            budget: Some(self.budget),
        };
        let attack = self.scanner.scan_with(view, input, self.classes, &options);
        if self.scanner.is_incomplete() {
            self.gaps.add(Gaps::VALUES);
        }
        if self.budget.is_exhausted() {
            self.inspected -= input.value.len() as u64;
            self.gaps.add(Gaps::WORK);
        }
        self.shadow = shadow_run.finding.into_inner();
        attack.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }

    pub(super) fn inspect_header(&mut self, name: &str, value: &[u8], buffers: &mut Buffers) -> InspectFlow {
        let name = name.as_bytes();
        if is_name(name, "cookie") {
            for (name, value) in form::cookies(value) {
                self.inspect(Location::Cookie, name, name)?;
                self.inspect_embedding(Location::Cookie, name, value, buffers)?;
            }
            for (name, value) in form::quoted_cookies(value) {
                self.inspect_embedding(Location::Cookie, name, value, buffers)?;
            }
            return ControlFlow::Continue(());
        }
        if !self.uses_memo || !Memo::accepts(name) {
            return self.inspect_embedding(Location::Header, name, value, buffers);
        }
        if self.scanner.memo.holds(value, MemoFact::Harmless) {
            self.inspected += value.len() as u64;
            return ControlFlow::Continue(());
        }
        self.inspect_embedding(Location::Header, name, value, buffers)?;
        // A value that is clean under every class and rule, shadow rules included, is clean under any configuration.
        let covers_shadow = self.rules.shadow.is_empty() || self.reports_shadow && self.shadow.is_none();
        let excluded =
            self.rules.exclusions.reach_headers() || self.route.is_some_and(Exclusions::reach_headers);
        if self.classes.covers(ClassSet::IN_HEADERS) && !excluded && covers_shadow {
            self.scanner.memo.keep(value, MemoFact::Harmless);
        }
        ControlFlow::Continue(())
    }
}
