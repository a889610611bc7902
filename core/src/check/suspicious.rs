//! Attack detection over the head and the body, and what a finding leads to.

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
use crate::body::{form, trap, walk};
use crate::checks::Check;
use crate::config::policy::Bypass;
use crate::detect::{
    Class, ClassSet, CustomPatterns, DisabledRules, Exclusions, Finding, Input, Location, Memo, MemoFact,
    RequestPath, ScanOptions, Scanner, ShadowRun, THRESHOLD, View, byte, is_clean, is_sensitive,
};
use crate::event::{DETECTION_DISABLED, EventKind};
use crate::host::Authority;
use crate::request::context::RequestContext;
use crate::request::declared_body::DeclaredBody;
use crate::request::flow::{CheckResult, Flow, Refusal, StageResult};
use crate::request::head::{HeaderFields, HeaderValues};
use crate::respond::RejectionDraft;
use crate::rules::Policy;
use crate::rules::ban::StrikeReason;
use crate::rules::detect::DetectRules;
use crate::text::is_name;

/// Whether this request is inspected at all.
pub(crate) fn applies(ctx: &RequestContext<'_>) -> bool {
    let route = ctx.policy.and_then(|policy| policy.source.detect);
    !ctx.allowlisted && !ctx.bypasses(Bypass::Penetration) && route.unwrap_or(ctx.rules.detect.enabled)
}

/// Report, sampled, that a route is not inspected although the configuration inspects.
pub(crate) fn report_disabled(ctx: &mut RequestContext<'_>) -> CheckResult {
    let inspects = ctx.rules.detect.enabled;
    if ctx.allowlisted || !inspects || !ctx.head.sample_info_events || applies(ctx) {
        return Ok(());
    }
    let metadata =
        [("decorator_type", "advanced".into()), ("violation_type", "suspicious_detection_disabled".into())];
    let reason = String::from("Suspicious pattern detection disabled by route decorator");
    ctx.event(EventKind::DecoratorViolation, DETECTION_DISABLED, "middleware", reason, metadata);
    Ok(())
}

/// Look for attacks in the head.
pub(crate) fn check_head<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    match applies(ctx).then(|| inspect_head(ctx)).flatten() {
        Some(finding) => handle_finding(ctx, finding),
        None => Ok(Flow::Continue),
    }
}

/// An attack: reported and let pass in passive mode, else charged to the client before it is rejected.
pub(crate) fn handle_finding<'r>(ctx: &mut RequestContext<'r>, finding: Box<Finding>) -> StageResult<'r> {
    if ctx.is_report_only(Check::SuspiciousActivity) {
        report_only(ctx, finding);
        return Ok(Flow::Continue);
    }
    charge(ctx, &finding);
    ctx.finding = Some(finding);
    Ok(Flow::Punish)
}

/// Inspect path, query, cookies and headers.
fn inspect_head(ctx: &mut RequestContext<'_>) -> Option<Box<Finding>> {
    let head = ctx.head;
    let mut buffers = core::mem::take(&mut ctx.scratch.buffers);
    let mut eye = Inspector::new(ctx);
    let query = head.query.unwrap_or_default().as_bytes();
    let mut found = eye.path(head.path.as_bytes());
    if found.is_continue() {
        let look = |value: &Value<'_>| eye.look(value);
        found = Walker::new(&mut buffers, &WorkBudget::unlimited(), look).pairs(
            query,
            Location::QueryName,
            Location::Query,
        );
    }
    if let Some(authority) = head.authority.filter(|_| found.is_continue()) {
        found = eye.see(Location::Header, b"host", authority.as_bytes());
    }
    head.headers.for_each(&mut |name, value| {
        if found.is_continue() {
            found = eye.header(name, value, &mut buffers);
        }
    });
    let (seen, unseen, shadow) = (eye.seen, eye.unseen, eye.shadow.take());
    ctx.coverage.seen += seen;
    ctx.coverage.gaps.merge(unseen);
    ctx.scratch.buffers = buffers;
    report_shadow(ctx, shadow);
    found.break_value()
}

/// What is wrong with a body.
#[derive(Debug, PartialEq)]
pub(crate) enum BodyFinding {
    /// An attack.
    Attack(Box<Finding>),
    /// A honeypot field of this name is filled in.
    Trap(String),
}

/// Inspect a body according to what it claims to be, or what was read of it if it is `cut`. What could not be looked into
/// is noted, and returned when nothing was found and it is news.
pub(crate) fn inspect_body(
    ctx: &mut RequestContext<'_>,
    claim: &DeclaredBody<'_>,
    body: &[u8],
    cut: bool,
) -> Result<Gaps, BodyFinding> {
    let inflation = ctx.rules.body.inflation;
    let ratio = if claim.codings.is_plain() { 0 } else { inflation.ratio };
    let budget = WorkBudget::of_body(body.len(), ratio);
    let mut buffers = core::mem::take(&mut ctx.scratch.buffers);
    let (mut found, mut seen, mut missed) = (None, 0, Gaps::default());
    let mut gaps = claim.codings.stages(body, cut, (inflation, &budget), &mut buffers, |stage, buffers| {
        if found.is_none() {
            let (news, bytes) = look(ctx, &claim.media, stage, &budget, buffers, &mut missed);
            (found, seen) = (news, seen.max(bytes));
        }
    });
    gaps.merge(missed);
    ctx.coverage.seen += seen;
    ctx.scratch.buffers = buffers;
    let news = gaps.without(ctx.coverage.gaps);
    ctx.coverage.gaps.merge(gaps);
    found.map_or(Ok(news), Err)
}

/// Walk one stage of a body: what was found, and how many bytes were inspected. What could not be inspected is added to
/// `missed`.
fn look(
    ctx: &mut RequestContext<'_>,
    media: &Media<'_>,
    stage: Stage<'_>,
    budget: &WorkBudget,
    buffers: &mut Buffers,
    missed: &mut Gaps,
) -> (Option<BodyFinding>, u64) {
    let detect = applies(ctx);
    let traps: &[String] = ctx.honeypot();
    // Names are few where there are traps at all, and short.
    let mut names = Buffers::new();
    let mut eye = Inspector::new(ctx);
    eye.budget = Some(budget);
    // Plain strings of JSON are told while they are read.
    let skips_plain = traps.is_empty() && eye.custom(Location::Json).is_none();
    let look = |value: &Value<'_>| {
        if !traps.is_empty()
            && let Some(trap) = trap::sprung(traps, value, &mut names)
        {
            return ControlFlow::Break(BodyFinding::Trap(trap.into()));
        }
        if !detect {
            return ControlFlow::Continue(());
        }
        let passed = skips_plain && matches!(value.input.location, Location::Json | Location::JsonKey);
        let flow = if passed { eye.look_closer(value) } else { eye.look(value) };
        flow.map_break(BodyFinding::Attack)
    };
    let mut walker = Walker::new(buffers, budget, look);
    (walker.skips_plain, walker.is_wire) = (skips_plain, stage.is_wire);
    let found = walker.body(media, stage.bytes);
    // Compressed bytes look like charsets and transfer codings that nobody meant.
    let noise = if stage.is_wire { Gaps::CHARSET.and(Gaps::CODING) } else { Gaps::default() };
    missed.merge(walker.gaps.without(noise));
    let skipped = if detect { walker.skipped } else { 0 };
    missed.merge(eye.unseen);
    let (seen, shadow) = (eye.seen + skipped, eye.shadow.take());
    report_shadow(ctx, shadow);
    (found.break_value(), seen.min(stage.bytes.len() as u64))
}

/// Looks at inputs one by one and stops at the first attack.
pub(crate) struct Inspector<'e> {
    scanner: &'e mut Scanner,
    rules: &'e DetectRules,
    classes: ClassSet,
    route: Option<&'e Exclusions>,
    path: RequestPath<'e>,
    seen: u64,
    /// What scans may cost; `None` for values whose length the server bounds.
    budget: Option<&'e WorkBudget>,
    /// What could not be looked into.
    unseen: Gaps,
    /// Whether header values that were clean a moment ago are: what is an attack here is one everywhere.
    remembers: bool,
    /// Whether a page of another site made the request, once somebody asked; nobody can tell about anything else.
    linked: Option<bool>,
    head: Option<(&'e dyn HeaderFields, Option<&'e [u8]>)>,
    /// Whether rules in shadow are still to be reported: once a request.
    reports_shadow: bool,
    /// The first attack that only rules in shadow make one.
    shadow: Option<Box<Finding>>,
}

/// Boxed, so that the values without one, nearly all, move no more than a pointer.
pub(crate) type InspectFlow = ControlFlow<Box<Finding>>;

impl<'e> Inspector<'e> {
    fn new(ctx: &'e mut RequestContext<'_>) -> Self {
        let rules = &ctx.rules.detect;
        let mut eye = Self::of(rules, ctx.policy, &mut ctx.scratch.scanner);
        eye.path = RequestPath::of(ctx.head.path);
        eye.head = Some((ctx.head.headers, ctx.head.authority.map(str::as_bytes).or(ctx.known.host.first)));
        eye.reports_shadow = !ctx.shadowed;
        eye
    }

    /// An eye on something else than a request: exclusions with a path do not apply, and nobody hears of shadows.
    pub(crate) fn of(rules: &'e DetectRules, policy: Option<&'e Policy>, scanner: &'e mut Scanner) -> Self {
        Self {
            scanner,
            rules,
            classes: policy.and_then(|policy| policy.classes).unwrap_or(rules.classes),
            route: policy.map(|policy| &policy.exclusions).filter(|list| !list.is_empty()),
            path: RequestPath::default(),
            seen: 0,
            budget: None,
            unseen: Gaps::default(),
            remembers: rules.threshold == THRESHOLD && !rules.custom.applies_to(Location::Header),
            linked: None,
            head: None,
            reports_shadow: false,
            shadow: None,
        }
    }

    /// Look at the path as a whole, and then between its slashes, unless nothing but plain names stands there.
    fn path(&mut self, path: &[u8]) -> InspectFlow {
        let input = Input { location: Location::Path, name: b"", value: path };
        let view = View::raw(&input, b"");
        let plain = !view.shape.any(!byte::NAMES);
        self.look_at(view, &input)?;
        if plain {
            return ControlFlow::Continue(());
        }
        let seen = self.seen;
        let mut segments = path.split(|byte| *byte == b'/');
        let found = segments.try_for_each(|segment| self.see(Location::Segment, b"", segment));
        // They were counted with the path.
        self.seen = seen;
        found
    }

    pub(crate) fn see(&mut self, location: Location, name: &[u8], value: &[u8]) -> InspectFlow {
        self.look(&Value { input: Input { location, name, value }, held: b"" })
    }

    /// Look at a value of the head, and into the document that it may be. Inlined, as `look` is, because calls were a
    /// twentieth of what a request costs.
    #[inline(always)]
    fn held(&mut self, location: Location, name: &[u8], value: &[u8], buffers: &mut Buffers) -> InspectFlow {
        self.see(location, name, value)?;
        if !walk::may_embed(name, value) {
            return ControlFlow::Continue(());
        }
        let look = |value: &Value<'_>| self.look(value);
        Walker::new(buffers, &WorkBudget::unlimited(), look).embedded(name, value, false)
    }

    #[inline(always)]
    pub(crate) fn look(&mut self, value: &Value<'_>) -> InspectFlow {
        if self.custom(value.input.location).is_none() && value.input.is_plain() {
            self.seen += value.input.value.len() as u64;
            return ControlFlow::Continue(());
        }
        self.look_closer(value)
    }

    /// Whether a page of another site made the request, as its `Referer` says. A page can leave it out, and then nobody can
    /// tell; it cannot name another.
    fn is_linked(&mut self) -> bool {
        let head = self.head;
        *self.linked.get_or_insert_with(|| {
            let Some((headers, host)) = head else { return false };
            let from = HeaderValues::of(headers, "referer").first.and_then(Authority::of_url);
            let to = host.and_then(Authority::parse);
            from.zip(to).is_some_and(|(from, to)| !from.host.is_of_site_of(to.host))
        })
    }

    /// The operator's patterns, where there are any for values from `location`.
    fn custom(&self, location: Location) -> Option<&'e CustomPatterns> {
        let rules = self.rules;
        Some(&rules.custom).filter(|custom| custom.applies_to(location) && self.classes.has(Class::Custom))
    }

    /// Look at a value that is not plain.
    fn look_closer(&mut self, value: &Value<'_>) -> InspectFlow {
        if value.input.location == Location::LinkedName && !self.is_linked() {
            return ControlFlow::Continue(());
        }
        self.look_at(View::raw(&value.input, value.held), &value.input)
    }

    fn look_at(&mut self, mut view: View<'_>, input: &Input<'_>) -> InspectFlow {
        let (custom, len) = (self.custom(input.location), input.value.len());
        self.seen += len as u64;
        if custom.is_none() && is_clean(&mut view, self.classes) {
            return ControlFlow::Continue(());
        }
        if self.budget.is_some_and(|budget| budget.scan(len) == Err(Exhausted)) {
            self.seen -= len as u64;
            self.unseen.add(Gaps::WORK);
            return ControlFlow::Continue(());
        }
        self.scan(view, input, custom)
    }

    /// Kept apart, so that the code every value runs through stays small.
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
            self.unseen.add(Gaps::VALUES);
        }
        self.shadow = shadow_run.finding.into_inner();
        attack.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }

    fn header(&mut self, name: &str, value: &[u8], buffers: &mut Buffers) -> InspectFlow {
        let name = name.as_bytes();
        if is_name(name, "cookie") {
            for (name, value) in form::cookies(value) {
                self.see(Location::Cookie, name, name)?;
                self.held(Location::Cookie, name, value, buffers)?;
            }
            for (name, value) in form::quoted_cookies(value) {
                self.held(Location::Cookie, name, value, buffers)?;
            }
            return ControlFlow::Continue(());
        }
        if !self.remembers || !Memo::accepts(name) {
            return self.held(Location::Header, name, value, buffers);
        }
        if self.scanner.memo.holds(value, MemoFact::Harmless) {
            self.seen += value.len() as u64;
            return ControlFlow::Continue(());
        }
        self.held(Location::Header, name, value, buffers)?;
        // Clean under every class and rule, those in shadow too, is clean under any configuration.
        let tried = self.rules.shadow.is_empty() || self.reports_shadow && self.shadow.is_none();
        let excluded =
            self.rules.exclusions.reach_headers() || self.route.is_some_and(Exclusions::reach_headers);
        if self.classes.covers(ClassSet::IN_HEADERS) && !excluded && tried {
            self.scanner.memo.keep(value, MemoFact::Harmless);
        }
        ControlFlow::Continue(())
    }
}

/// Say what rules in shadow would have refused. It costs no strike and is no finding of the verdict.
fn report_shadow(ctx: &mut RequestContext<'_>, finding: Option<Box<Finding>>) {
    let Some(finding) = finding else { return };
    ctx.shadowed = true;
    let before = ctx.events.len();
    attempt(ctx, &finding, &finding.text(), ("Suspicious pattern detected (in shadow): ", "logged_only"), 0);
    if let Some(event) = ctx.events.get_mut(before) {
        event.metadata.push(("shadow", true.into()));
    }
}

/// The strikes that a finding costs, into the case's batch.
fn charge(ctx: &mut RequestContext<'_>, finding: &Finding) {
    let network = ctx.network().filter(|_| !ctx.is_report_only(Check::SuspiciousActivity));
    let batch = &mut ctx.scratch.batch;
    batch.restart(ctx.now);
    ctx.rules.ban.charge(batch, ctx.subject, network, StrikeReason::Attack(finding.class));
}

/// Passive mode: count the strikes, ban nobody, and say what would have been refused.
fn report_only(ctx: &mut RequestContext<'_>, finding: Box<Finding>) {
    charge(ctx, &finding);
    let ops: arrayvec::ArrayVec<_, { crate::state::MAX_OPS }> =
        ctx.scratch.batch.ops().iter().copied().collect();
    ops.iter().for_each(|op| ctx.defer(*op));
    let trigger = finding.text();
    attempt(ctx, &finding, &trigger, ("Suspicious pattern detected (passive mode): ", "logged_only"), 1);
    // The head is inspected before the body: what it holds is what would have been answered.
    ctx.finding.get_or_insert(finding);
    // Passive mode never refuses, so there is nothing to handle.
    let _ = ctx.reject(objection(400, trigger));
}

/// Reject a request with a finding: 400, or 403 when its strikes led to a ban.
pub(crate) fn reject(ctx: &mut RequestContext<'_>, outcome: &StrikeOutcome) -> Refusal {
    ctx.record.ban_refused = outcome.refused;
    let finding = ctx.finding.take();
    let trigger = finding.as_ref().map(|finding| finding.text()).unwrap_or_default();
    if let Some(finding) = &finding {
        report_finding(ctx, finding, &trigger, outcome);
    }
    if outcome.refused {
        let client = ctx.client_name();
        let reason = format!("Ban of {client} refused: the ban budget of the store is used up");
        let metadata = [("ip_address", client.into())];
        ctx.event(EventKind::IpBanFailed, "ban_not_applied", "middleware", reason, metadata);
    }
    ctx.finding = finding;
    let status = if outcome.until.is_some() { 403 } else { 400 };
    let audience = ctx.audience();
    Refusal(Box::new(ctx.reject_always(&objection(status, trigger), audience)))
}

fn report_finding(ctx: &mut RequestContext<'_>, finding: &Finding, trigger: &str, outcome: &StrikeOutcome) {
    let Some(until) = outcome.until else {
        let what = ("Penetration attempt detected: ", "request_blocked");
        return attempt(ctx, finding, trigger, what, outcome.points);
    };
    let seconds = until.since(ctx.now).as_secs();
    let reason = || format!("penetration_attempt:{}", finding.class);
    ctx.event_of(EventKind::IpBanned, "banned", "ip_ban", reason, |event| {
        event.describe(finding);
        event.metadata.push(("duration", seconds.into()));
    });
}

/// What is answered to an attack: 400, or 403 where it led to a ban.
fn objection(status: u16, trigger: String) -> RejectionDraft {
    let body = if status == 403 { "IP has been banned" } else { "Suspicious activity detected" };
    RejectionDraft { trigger, ..RejectionDraft::new(Check::SuspiciousActivity, status, body) }
}

/// Report an attack with what was done about it.
fn attempt(
    ctx: &mut RequestContext<'_>,
    finding: &Finding,
    trigger: &str,
    (what, action): (&str, &'static str),
    points: u32,
) {
    let passive = ctx.passive();
    let reason = || [what, trigger].concat();
    ctx.event_of(EventKind::PenetrationAttempt, action, "middleware", reason, |event| {
        event.describe(finding);
        event.metadata.extend([
            ("trigger_info", String::from(trigger).into()),
            ("request_count", points.into()),
            ("passive_mode", passive.into()),
        ]);
    });
}
