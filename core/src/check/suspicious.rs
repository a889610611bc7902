//! Attack detection in the head and the body, and the consequences of a finding.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::ops::ControlFlow;

use super::ban::StrikeOutcome;
use super::body_inspection::{BodyFinding, BodyInspection, BodyReport};
use super::inspector::{Inspector, Origin};
use crate::body::gaps::Gaps;
use crate::body::walk::{Value, Walker};
use crate::budget::WorkBudget;
use crate::checks::Check;
use crate::config::{OnIncomplete, StrikeReason};
use crate::detect::{ClassSet, Finding, Location, RequestPath};
use crate::event::{DETECTION_DISABLED, EventKind};
use crate::request::context::RequestContext;
use crate::request::declared_body::DeclaredBody;
use crate::request::flow::{CheckResult, Flow, StageResult};
use crate::respond::RejectionDraft;
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
        None if ctx.coverage.gaps.has(Gaps::WORK) => {
            reject_costly_head(ctx)?;
            Ok(Flow::Continue)
        }
        None => Ok(Flow::Continue),
    }
}

/// Reject a head that takes more work than its length allows, if `on_incomplete` is `deny`.
fn reject_costly_head(ctx: &mut RequestContext<'_>) -> CheckResult {
    if ctx.rules.detect.on_incomplete != OnIncomplete::Deny {
        return Ok(());
    }
    let draft = RejectionDraft::new(Check::RequestSizeContent, 431, "Request header fields too large");
    let reason = "The head takes more work to inspect than its length allows";
    ctx.reject_content("max_request_size", reason.into(), draft)
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
    let budget = WorkBudget::of_head();
    let query = head.query.unwrap_or_default().as_bytes();
    budget.receive(head.path.len() + query.len());
    let origin = origin(ctx);
    let mut inspector = Inspector::of(&ctx.rules.detect, ctx.policy, &mut ctx.scratch.scanner, &budget);
    (inspector.classes, inspector.path, inspector.origin) = (classes, RequestPath::of(head.path), origin);
    inspector.reports_shadow = !ctx.shadow_reported;
    let mut found = inspector.inspect_path(head.path.as_bytes());
    if found.is_continue() {
        let visit = |value: &Value<'_>| inspector.inspect_value(value);
        let mut walker = Walker::new(&mut buffers, &budget, visit);
        found = walker.pairs(query, Location::QueryName, Location::Query);
        let gaps = walker.gaps;
        inspector.gaps.merge(gaps);
    }
    inspector.adds_to_budget = true;
    if let Some(authority) = head.authority.filter(|_| found.is_continue()) {
        found = inspector.inspect(Location::Header, b"host", authority.as_bytes());
    }
    // Header maps have no order of names, so that the finding is the one in the header whose name sorts first.
    let mut found_in: Option<String> = None;
    head.headers.for_each(&mut |name, value| {
        let applies = match &found_in {
            None => found.is_continue(),
            Some(other) => sorts_before(name, other),
        };
        if applies && let attack @ ControlFlow::Break(_) = inspector.inspect_header(name, value, &mut buffers)
        {
            found = attack;
            found_in = Some(name.into());
        }
    });
    let (inspected, gaps, shadow) = (inspector.inspected, inspector.gaps, inspector.shadow.take());
    ctx.coverage.inspected += inspected;
    ctx.coverage.steps += budget.spent();
    ctx.coverage.gaps.merge(gaps);
    ctx.scratch.buffers = buffers;
    report_shadow(ctx, shadow);
    found.break_value()
}

/// Whether the name of a header sorts before another one, without case.
fn sorts_before(name: &str, other: &str) -> bool {
    name.bytes().map(|byte| byte.to_ascii_lowercase()).lt(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// Prepare the inspection of a body by its declared type; `is_truncated`: only its beginning was read.
pub(crate) fn prepare_body<'b>(
    ctx: &RequestContext<'b>,
    declared: &'b DeclaredBody<'_>,
    body: &'b [u8],
    is_truncated: bool,
) -> BodyInspection<'b> {
    BodyInspection {
        rules: ctx.rules,
        policy: ctx.policy,
        classes: body_classes(ctx),
        media: declared.media,
        codings: &declared.codings,
        body,
        is_truncated,
        path: ctx.head.path,
        origin: origin(ctx),
        reports_shadow: !ctx.shadow_reported,
    }
}

/// Record the report of an inspection. Returns the new gaps if there is no finding.
pub(crate) fn record_body(ctx: &mut RequestContext<'_>, report: BodyReport) -> Result<Gaps, BodyFinding> {
    ctx.coverage.inspected += report.inspected;
    ctx.coverage.steps += report.steps;
    let new_gaps = report.gaps.without(ctx.coverage.gaps);
    ctx.coverage.gaps.merge(report.gaps);
    report_shadow(ctx, report.shadow);
    report.found.map_or(Ok(new_gaps), Err)
}

/// The headers and the host by which requests of other sites are told apart.
fn origin<'r>(ctx: &RequestContext<'r>) -> Origin<'r> {
    Origin::Of(ctx.head.headers, ctx.head.authority.map(str::as_bytes).or(ctx.known.host.first))
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
