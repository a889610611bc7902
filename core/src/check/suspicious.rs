//! Attack detection in the head and the body, and the consequences of a finding.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::cell::RefCell;
use core::ops::ControlFlow;

use super::ban::StrikeOutcome;
use crate::body::budget::{Exhausted, WorkBudget};
use crate::body::buffers::Buffers;
use crate::body::coding::Stage;
use crate::body::gaps::Gaps;
use crate::body::media::Media;
use crate::body::walk::{Value, Walker};
use crate::body::{form, honeypot, walk};
use crate::checks::Check;
use crate::detect::{
    Class, ClassSet, CustomPatterns, DisabledRules, Exclusions, Finding, Input, Location, Memo, MemoFact,
    RequestPath, ScanOptions, Scanner, ShadowRun, THRESHOLD, View, byte, is_clean, is_sensitive,
};
use crate::event::{DETECTION_DISABLED, EventKind};
use crate::host::Authority;
use crate::request::context::RequestContext;
use crate::request::declared_body::DeclaredBody;
use crate::request::flow::{CheckResult, Flow, StageResult};
use crate::request::head::{HeaderFields, HeaderValues};
use crate::respond::RejectionDraft;
use crate::rules::Policy;
use crate::rules::ban::StrikeReason;
use crate::rules::detect::DetectRules;
use crate::text::is_name;
use crate::verdict::Denial;

/// The classes with which the head is inspected; `None` if it is not inspected.
fn head_classes(ctx: &RequestContext<'_>) -> Option<ClassSet> {
    ctx.head_classes.filter(|_| !ctx.allowlisted)
}

/// The classes with which the body is inspected; `None` if it is not inspected.
pub(crate) fn body_classes(ctx: &RequestContext<'_>) -> Option<ClassSet> {
    ctx.body_classes.filter(|_| !ctx.allowlisted)
}

/// Report, sampled, that a route disables the inspection that the configuration enables.
pub(crate) fn report_disabled(ctx: &mut RequestContext<'_>) -> CheckResult {
    let inspects = ctx.rules.detect.enabled;
    if ctx.allowlisted || !inspects || head_classes(ctx).is_some() {
        return Ok(());
    }
    let metadata =
        [("decorator_type", "advanced".into()), ("violation_type", "suspicious_detection_disabled".into())];
    let reason = String::from("Suspicious pattern detection disabled by route decorator");
    ctx.event(EventKind::DecoratorViolation, DETECTION_DISABLED, "middleware", reason, metadata);
    Ok(())
}

/// Inspect the head.
pub(crate) fn check_head<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    match head_classes(ctx).and_then(|classes| inspect_head(ctx, classes)) {
        Some(finding) => handle_finding(ctx, finding),
        None => Ok(Flow::Continue),
    }
}

/// Handle an attack: report it in report-only mode; otherwise add its strikes, and reject after the store has replied.
pub(crate) fn handle_finding<'r>(ctx: &mut RequestContext<'r>, finding: Box<Finding>) -> StageResult<'r> {
    if ctx.is_report_only(Check::SuspiciousActivity) {
        report_only(ctx, finding);
        return Ok(Flow::Continue);
    }
    add_strikes(ctx, &finding);
    ctx.finding = Some(finding);
    Ok(Flow::Punish)
}

/// Inspect path, query, cookies and headers.
fn inspect_head(ctx: &mut RequestContext<'_>, classes: ClassSet) -> Option<Box<Finding>> {
    let head = ctx.head;
    ctx.inspected_head = ctx.inspected_head.and(classes);
    let mut buffers = core::mem::take(&mut ctx.scratch.buffers);
    let mut inspector = Inspector::new(ctx, classes);
    let query = head.query.unwrap_or_default().as_bytes();
    let mut found = inspector.inspect_path(head.path.as_bytes());
    if found.is_continue() {
        let visit = |value: &Value<'_>| inspector.inspect_value(value);
        found = Walker::new(&mut buffers, &WorkBudget::unlimited(), visit).pairs(
            query,
            Location::QueryName,
            Location::Query,
        );
    }
    if let Some(authority) = head.authority.filter(|_| found.is_continue()) {
        found = inspector.inspect(Location::Header, b"host", authority.as_bytes());
    }
    head.headers.for_each(&mut |name, value| {
        if found.is_continue() {
            found = inspector.inspect_header(name, value, &mut buffers);
        }
    });
    let (inspected, gaps, shadow) = (inspector.inspected, inspector.gaps, inspector.shadow.take());
    ctx.coverage.inspected += inspected;
    ctx.coverage.gaps.merge(gaps);
    ctx.scratch.buffers = buffers;
    report_shadow(ctx, shadow);
    found.break_value()
}

/// A finding in a body.
#[derive(Debug, PartialEq)]
pub(crate) enum BodyFinding {
    /// An attack.
    Attack(Box<Finding>),
    /// A honeypot field of this name is set.
    Honeypot(String),
}

/// Inspect a body by its declared type; `is_truncated`: only its beginning was read. Records the gaps of the inspection, and
/// returns the new ones if there is no finding.
pub(crate) fn inspect_body(
    ctx: &mut RequestContext<'_>,
    declared: &DeclaredBody<'_>,
    body: &[u8],
    is_truncated: bool,
) -> Result<Gaps, BodyFinding> {
    let inflation = ctx.rules.body.inflation;
    let ratio = if declared.codings.is_plain() { 0 } else { inflation.ratio };
    let budget = WorkBudget::of_body(body.len(), ratio);
    let mut buffers = core::mem::take(&mut ctx.scratch.buffers);
    let (mut found, mut inspected, mut missed) = (None, 0, Gaps::default());
    let mut gaps =
        declared.codings.stages(body, is_truncated, (inflation, &budget), &mut buffers, |stage, buffers| {
            if found.is_none() {
                let (finding, bytes) =
                    inspect_stage(ctx, &declared.media, stage, &budget, buffers, &mut missed);
                (found, inspected) = (finding, inspected.max(bytes));
            }
        });
    gaps.merge(missed);
    ctx.coverage.inspected += inspected;
    ctx.scratch.buffers = buffers;
    let new_gaps = gaps.without(ctx.coverage.gaps);
    ctx.coverage.gaps.merge(gaps);
    found.map_or(Ok(new_gaps), Err)
}

/// Inspect one stage of a body. Returns the finding and the number of inspected bytes, and adds gaps to `missed`.
fn inspect_stage(
    ctx: &mut RequestContext<'_>,
    media: &Media<'_>,
    stage: Stage<'_>,
    budget: &WorkBudget,
    buffers: &mut Buffers,
    missed: &mut Gaps,
) -> (Option<BodyFinding>, u64) {
    let classes = body_classes(ctx);
    let detect = classes.is_some();
    let honeypot: &[String] = ctx.honeypot();
    // The names of honeypot fields are few and short.
    let mut names = Buffers::new();
    let mut inspector = Inspector::new(ctx, classes.unwrap_or_default());
    inspector.budget = Some(budget);
    // The JSON reader detects plain strings itself.
    let skips_plain = honeypot.is_empty() && inspector.custom_patterns(Location::Json).is_none();
    let visit = |value: &Value<'_>| {
        if !honeypot.is_empty()
            && let Some(field) = honeypot::find_filled(honeypot, value, &mut names)
        {
            return ControlFlow::Break(BodyFinding::Honeypot(field.into()));
        }
        if !detect {
            return ControlFlow::Continue(());
        }
        let is_not_plain = skips_plain && matches!(value.input.location, Location::Json | Location::JsonKey);
        let flow =
            if is_not_plain { inspector.inspect_complex(value) } else { inspector.inspect_value(value) };
        flow.map_break(BodyFinding::Attack)
    };
    let mut walker = Walker::new(buffers, budget, visit);
    (walker.skips_plain, walker.is_wire) = (skips_plain, stage.is_wire);
    let found = walker.body(media, stage.bytes);
    // Compressed bytes may resemble declarations of charsets and transfer codings.
    let noise = if stage.is_wire { Gaps::CHARSET.and(Gaps::CODING) } else { Gaps::default() };
    missed.merge(walker.gaps.without(noise));
    let skipped = if detect { walker.skipped } else { 0 };
    missed.merge(inspector.gaps);
    let (inspected, shadow) = (inspector.inspected + skipped, inspector.shadow.take());
    report_shadow(ctx, shadow);
    (found.break_value(), inspected.min(stage.bytes.len() as u64))
}

/// Inspects inputs one by one, and stops at the first attack.
pub(crate) struct Inspector<'e> {
    scanner: &'e mut Scanner,
    rules: &'e DetectRules,
    classes: ClassSet,
    route: Option<&'e Exclusions>,
    path: RequestPath<'e>,
    /// The number of inspected bytes.
    inspected: u64,
    /// The budget of scans; `None` for values whose length the server limits.
    budget: Option<&'e WorkBudget>,
    /// The parts that were not inspected.
    gaps: Gaps,
    /// Whether the memo of clean header values applies: only with the default threshold and without custom patterns.
    uses_memo: bool,
    /// Whether a page of another site made the request; computed when first needed.
    cross_site: Option<bool>,
    head: Option<(&'e dyn HeaderFields, Option<&'e [u8]>)>,
    /// Whether findings of shadow rules are reported: once for each request.
    reports_shadow: bool,
    /// The first attack that only shadow rules match.
    shadow: Option<Box<Finding>>,
}

/// The finding is boxed, so that the result for a value without one, the common case, has the size of a pointer.
pub(crate) type InspectFlow = ControlFlow<Box<Finding>>;

impl<'e> Inspector<'e> {
    fn new(ctx: &'e mut RequestContext<'_>, classes: ClassSet) -> Self {
        let rules = &ctx.rules.detect;
        let mut inspector = Self::of(rules, ctx.policy, &mut ctx.scratch.scanner);
        inspector.classes = classes;
        inspector.path = RequestPath::of(ctx.head.path);
        inspector.head =
            Some((ctx.head.headers, ctx.head.authority.map(str::as_bytes).or(ctx.known.host.first)));
        inspector.reports_shadow = !ctx.shadow_reported;
        inspector
    }

    /// An inspector without a request, for messages: exclusions with a path do not apply, and shadow rules do not report.
    pub(crate) fn of(rules: &'e DetectRules, policy: Option<&'e Policy>, scanner: &'e mut Scanner) -> Self {
        Self {
            scanner,
            rules,
            classes: policy.and_then(|policy| policy.classes).unwrap_or(rules.classes),
            route: policy.map(|policy| &policy.exclusions).filter(|list| !list.is_empty()),
            path: RequestPath::default(),
            inspected: 0,
            budget: None,
            gaps: Gaps::default(),
            uses_memo: rules.threshold == THRESHOLD && !rules.custom.applies_to(Location::Header),
            cross_site: None,
            head: None,
            reports_shadow: false,
            shadow: None,
        }
    }

    /// Inspect the path as a whole, and then each segment, unless it consists of plain names.
    fn inspect_path(&mut self, path: &[u8]) -> InspectFlow {
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
        self.inspect_value(&Value { input: Input { location, name, value }, content: b"" })
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
        let visit = |value: &Value<'_>| self.inspect_value(value);
        Walker::new(buffers, &WorkBudget::unlimited(), visit).embedded(name, value, false)
    }

    #[inline(always)]
    pub(crate) fn inspect_value(&mut self, value: &Value<'_>) -> InspectFlow {
        if self.custom_patterns(value.input.location).is_none() && value.input.is_plain() {
            self.inspected += value.input.value.len() as u64;
            return ControlFlow::Continue(());
        }
        self.inspect_complex(value)
    }

    /// Whether a page of another site made the request, by its `Referer`. A page can suppress the header, but cannot forge
    /// another site.
    fn is_cross_site(&mut self) -> bool {
        let head = self.head;
        *self.cross_site.get_or_insert_with(|| {
            let Some((headers, host)) = head else { return false };
            let from = HeaderValues::of(headers, "referer").first.and_then(Authority::of_url);
            let to = host.and_then(Authority::parse);
            from.zip(to).is_some_and(|(from, to)| !from.host.is_same_site(to.host))
        })
    }

    /// The operator's patterns for values from `location`, if there are any.
    fn custom_patterns(&self, location: Location) -> Option<&'e CustomPatterns> {
        let rules = self.rules;
        Some(&rules.custom).filter(|custom| custom.applies_to(location) && self.classes.has(Class::Custom))
    }

    /// Inspect a value that is not plain.
    fn inspect_complex(&mut self, value: &Value<'_>) -> InspectFlow {
        if value.input.location == Location::LinkedName && !self.is_cross_site() {
            return ControlFlow::Continue(());
        }
        self.inspect_view(View::raw(&value.input, value.content), &value.input)
    }

    fn inspect_view(&mut self, mut view: View<'_>, input: &Input<'_>) -> InspectFlow {
        let (custom, len) = (self.custom_patterns(input.location), input.value.len());
        self.inspected += len as u64;
        if custom.is_none() && is_clean(&mut view, self.classes) {
            return ControlFlow::Continue(());
        }
        if self.budget.is_some_and(|budget| budget.scan(len) == Err(Exhausted)) {
            self.inspected -= len as u64;
            self.gaps.add(Gaps::WORK);
            return ControlFlow::Continue(());
        }
        self.scan(view, input, custom)
    }

    /// Not inlined, so that the code for clean values stays small.
    #[inline(never)]
    fn scan(&mut self, view: View<'_>, input: &Input<'_>, custom: Option<&CustomPatterns>) -> InspectFlow {
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
        let sensitive = || is_sensitive(input.name, &self.rules.sensitive);
        let options = ScanOptions {
            threshold: self.rules.threshold,
            off,
            shadow: (!shadow.is_empty()).then_some(&shadow_run),
            sensitive: Some(&sensitive),
            custom,
        };
        let attack = self.scanner.scan_with(view, input, self.classes, &options);
        if self.scanner.is_too_deep() {
            self.gaps.add(Gaps::VALUES);
        }
        self.shadow = shadow_run.finding.into_inner();
        attack.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }

    fn inspect_header(&mut self, name: &str, value: &[u8], buffers: &mut Buffers) -> InspectFlow {
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

/// Report an attack that only shadow rules match: no strike, and no finding of the verdict.
fn report_shadow(ctx: &mut RequestContext<'_>, finding: Option<Box<Finding>>) {
    let Some(finding) = finding else { return };
    ctx.shadow_reported = true;
    let before = ctx.events.len();
    report_attempt(
        ctx,
        &finding,
        &finding.text(),
        ("Suspicious pattern detected (in shadow): ", "logged_only"),
        0,
    );
    if let Some(event) = ctx.events.get_mut(before) {
        event.metadata.push(("shadow", true.into()));
    }
}

/// Add the strikes for a finding to the batch of the context.
fn add_strikes(ctx: &mut RequestContext<'_>, finding: &Finding) {
    let network = ctx.network().filter(|_| !ctx.is_report_only(Check::SuspiciousActivity));
    let batch = &mut ctx.scratch.batch;
    batch.restart(ctx.now);
    ctx.rules.ban.strike_subject(batch, ctx.subject, network, StrikeReason::Attack(finding.class));
}

/// Report-only mode: count the strikes without a ban, and report the rejection that did not happen.
fn report_only(ctx: &mut RequestContext<'_>, finding: Box<Finding>) {
    add_strikes(ctx, &finding);
    let ops: arrayvec::ArrayVec<_, { crate::state::MAX_OPS }> =
        ctx.scratch.batch.ops().iter().copied().collect();
    ops.iter().for_each(|op| ctx.defer(*op));
    let trigger = finding.text();
    report_attempt(
        ctx,
        &finding,
        &trigger,
        ("Suspicious pattern detected (passive mode): ", "logged_only"),
        1,
    );
    // The head is inspected before the body, so its finding would have been the rejection.
    ctx.finding.get_or_insert(finding);
    // Report-only mode never rejects, so the result is always `Ok`.
    let _ = ctx.reject(rejection_draft(400, trigger));
}

/// Reject a request with a finding: 400, or 403 when its strikes led to a ban.
pub(crate) fn reject(ctx: &mut RequestContext<'_>, outcome: &StrikeOutcome) -> Box<Denial> {
    ctx.record.ban_rejected = outcome.ban_rejected;
    let finding = ctx.finding.take();
    let trigger = finding.as_ref().map(|finding| finding.text()).unwrap_or_default();
    if let Some(finding) = &finding {
        report_finding(ctx, finding, &trigger, outcome);
    }
    if outcome.ban_rejected {
        let client = ctx.client_name();
        let reason = format!("Ban of {client} rejected: the ban budget of the store is used up");
        let metadata = [("ip_address", client.into())];
        ctx.event(EventKind::IpBanFailed, "ban_not_applied", "middleware", reason, metadata);
    }
    ctx.finding = finding;
    let status = if outcome.until.is_some() { 403 } else { 400 };
    let variant = ctx.response_variant();
    Box::new(ctx.reject_always(&rejection_draft(status, trigger), variant))
}

fn report_finding(ctx: &mut RequestContext<'_>, finding: &Finding, trigger: &str, outcome: &StrikeOutcome) {
    let Some(until) = outcome.until else {
        let what = ("Penetration attempt detected: ", "request_blocked");
        return report_attempt(ctx, finding, trigger, what, outcome.points);
    };
    let seconds = until.since(ctx.now).as_secs();
    let reason = || format!("penetration_attempt:{}", finding.class);
    ctx.attack_event(EventKind::IpBanned, "banned", "ip_ban", reason, |event| {
        event.describe(finding);
        event.metadata.push(("duration", seconds.into()));
    });
}

/// The rejection of an attack: 400, or 403 after a ban.
fn rejection_draft(status: u16, trigger: String) -> RejectionDraft {
    let body = if status == 403 { "IP has been banned" } else { "Suspicious activity detected" };
    RejectionDraft { trigger, ..RejectionDraft::new(Check::SuspiciousActivity, status, body) }
}

/// Report an attack and the action.
fn report_attempt(
    ctx: &mut RequestContext<'_>,
    finding: &Finding,
    trigger: &str,
    (what, action): (&str, &'static str),
    points: u32,
) {
    let passive = ctx.passive();
    let reason = || [what, trigger].concat();
    ctx.attack_event(EventKind::PenetrationAttempt, action, "middleware", reason, |event| {
        event.describe(finding);
        event.metadata.extend([
            ("trigger_info", String::from(trigger).into()),
            ("request_count", points.into()),
            ("passive_mode", passive.into()),
        ]);
    });
}
