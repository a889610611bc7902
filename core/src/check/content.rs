//! Limits of the body: its length, its media type, and whether it can be inspected.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::body_inspection::{BodyFinding, BodyReport};
use super::suspicious;
use crate::body::gaps::Gaps;
use crate::checks::Check;
use crate::config::OnIncomplete;
use crate::config::policy::BodyRule;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::decision::BodyFault;
use crate::request::declared_body::{DeclaredBody, length};
use crate::request::flow::{BodyPlan, CheckResult, Flow, StageResult};
use crate::respond::RejectionDraft;
use crate::rules::body::media_type;
use crate::verdict::Denial;

/// `Retry-After` of a body that is rejected because of the bound of all bodies: most bodies arrive within that time.
const RETRY_OVERLOADED: Duration = Duration::from_secs(5);

/// What happens to the body of an inspected request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadMode {
    /// There is no body, or it is not read.
    Skip,
    /// Read up to `limit` bytes. A longer body is rejected if `whole` is set.
    Read { limit: usize, whole: bool },
}

/// Check the length and the media type in the head against the limits of the configuration and the route.
pub(crate) fn check_declared(ctx: &mut RequestContext<'_>) -> CheckResult {
    let length = length(&ctx.known.content_length);
    if ctx.known.content_length.first.is_some() && length.is_none() {
        let reason = "The length of the body is given twice or is no number";
        reject(ctx, "content_length", reason.into(), 400, "Bad request")?;
    }
    if let Some((length, max)) = length.zip(max_length(ctx)).filter(|(length, max)| length > max) {
        reject_too_long(ctx, Some(length), max)?;
    }
    let Some(policy) = ctx.policy.filter(|policy| !policy.media.0.is_empty()) else { return Ok(()) };
    let sent = ctx.known.content_type;
    let media = sent.first.filter(|_| !sent.conflict).and_then(media_type);
    if !ctx.head.has_body || media.is_some_and(|media| policy.media.accept(media)) {
        return Ok(());
    }
    let reason = format!("Content type not in allowed types: {}", policy.source.content_types.join(", "));
    reject(ctx, "content_type", reason, 415, "Unsupported content type")
}

/// The maximum length of the body.
fn max_length(ctx: &RequestContext<'_>) -> Option<u64> {
    let route = ctx.policy.and_then(|policy| policy.source.max_body);
    let global = ctx.rules.config.body.max;
    route.into_iter().chain(global).map(|size| size.0).min()
}

/// [`max_length`] for a body without a declared length, which is measured while it is read.
fn max_undeclared_length(ctx: &RequestContext<'_>) -> Option<u64> {
    let max = max_length(ctx).filter(|_| ctx.head.has_body)?;
    // RFC 9112 section 6.3: a transfer coding overrides the length.
    let coded = ctx.known.transfer_encoding.first.is_some();
    let declared = length(&ctx.known.content_length).is_some() && !coded;
    (!declared).then_some(max)
}

/// Reject a body that is longer than `max`, whether or not it is inspected.
fn reject_too_long(ctx: &mut RequestContext<'_>, length: Option<u64>, max: u64) -> CheckResult {
    let reason = match length {
        Some(length) => format!("Request size {length} exceeds limit: {max}"),
        None => format!("Request size exceeds limit: {max}"),
    };
    reject(ctx, "max_request_size", reason, 413, "Request too large")
}

fn reject(
    ctx: &mut RequestContext<'_>,
    violation: &'static str,
    reason: String,
    status: u16,
    body: &'static str,
) -> CheckResult {
    ctx.reject_content(violation, reason, RejectionDraft::new(Check::RequestSizeContent, status, body))
}

/// Decide how the body is read, before the first byte: inspected, only measured, or not at all.
pub(crate) fn plan_body<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    let declared = DeclaredBody::of(&ctx.known);
    let read = match suspicious::body_classes(ctx).is_some() || !ctx.honeypot().is_empty() {
        true => read_mode(ctx, &declared)?,
        false => ReadMode::Skip,
    };
    let max = max_undeclared_length(ctx);
    let (limit, whole, inspects) = match read {
        ReadMode::Read { limit, whole } => (limit, whole, true),
        ReadMode::Skip if max.is_some() => (0, false, false),
        ReadMode::Skip => return Ok(Flow::Continue),
    };
    ctx.body_plan = Some(BodyPlan { declared, limit, whole, max, inspects });
    Ok(Flow::Body)
}

/// The declared length, at most the number of bytes that are read: the capacity for its chunks.
pub(crate) fn announced_length(ctx: &RequestContext<'_>) -> usize {
    let Some(BodyPlan { declared, limit, .. }) = &ctx.body_plan else { return 0 };
    let length = declared.length.and_then(|length| usize::try_from(length).ok());
    length.unwrap_or(0).min(*limit)
}

/// Reject a body of which `read` bytes have arrived if that is too long; each limit is reported once. Returns whether more
/// must be read.
pub(crate) fn measure(ctx: &mut RequestContext<'_>, read: usize) -> Result<bool, Box<Denial>> {
    let Some(plan) = &mut ctx.body_plan else { return Ok(false) };
    let beyond_max = plan.max.take_if(|max| read as u64 > *max);
    let (limit, beyond_limit) = (plan.limit, plan.whole && read > plan.limit);
    plan.whole &= !beyond_limit;
    // A body without a declared length is measured beyond the inspected bytes too.
    let more = plan.max.is_some() || plan.inspects && read <= limit;
    if let Some(max) = beyond_max {
        reject_too_long(ctx, None, max)?;
    }
    if beyond_limit {
        reject_beyond_limit(ctx, None, limit as u64)?;
    }
    Ok(more)
}

/// A body that was read to its end or to its limit, before its inspection.
pub(crate) struct ReadBody<'r> {
    pub(crate) declared: DeclaredBody<'r>,
    /// The number of inspected bytes.
    pub(crate) inspected: usize,
    pub(crate) is_truncated: bool,
}

/// Conclude the reading of a body of `read` bytes. `None` if it is not inspected.
pub(crate) fn conclude_reading<'r>(ctx: &mut RequestContext<'r>, read: usize) -> Option<ReadBody<'r>> {
    let BodyPlan { declared, limit, .. } = ctx.body_plan.take_if(|plan| plan.inspects)?;
    let is_truncated = read > limit;
    if is_truncated {
        ctx.coverage.gaps.add(Gaps::LENGTH);
    } else if let Some(classes) = suspicious::body_classes(ctx) {
        ctx.inspected_body = ctx.inspected_body.and(classes);
    }
    Some(ReadBody { declared, inspected: read.min(limit), is_truncated })
}

/// Inspect the body, after its end or its limit was reached.
pub(crate) fn inspect<'r>(ctx: &mut RequestContext<'r>, bytes: &[u8]) -> StageResult<'r> {
    let Some(read) = conclude_reading(ctx, bytes.len()) else { return Ok(Flow::Continue) };
    let inspection =
        suspicious::prepare_body(ctx, &read.declared, &bytes[..read.inspected], read.is_truncated);
    let report = inspection.run(&mut ctx.scratch.scanner, &mut ctx.scratch.buffers);
    apply_report(ctx, report)
}

/// Act on the report of an inspection.
pub(crate) fn apply_report<'r>(ctx: &mut RequestContext<'r>, report: BodyReport) -> StageResult<'r> {
    match suspicious::record_body(ctx, report) {
        Err(BodyFinding::Attack(finding)) => return suspicious::handle_finding(ctx, finding),
        Err(BodyFinding::Honeypot) => reject_honeypot(ctx)?,
        Ok(gaps) => reject_incomplete(ctx, gaps)?,
    }
    Ok(Flow::Continue)
}

/// Decide how the body is read, before its first byte. A body that is read only for its honeypot fields is never rejected
/// at the limit of inspection.
fn read_mode(ctx: &mut RequestContext<'_>, declared: &DeclaredBody<'_>) -> Result<ReadMode, Box<Denial>> {
    let rules = ctx.rules;
    let denies = denies_incomplete(ctx);
    let (limit, mut whole) = match ctx.policy.and_then(|policy| policy.source.body).unwrap_or(rules.body.rule)
    {
        BodyRule::Skip => {
            ctx.coverage.gaps.add(Gaps::SKIPPED);
            return Ok(ReadMode::Skip);
        }
        BodyRule::Inspect(limit) => (limit, denies),
        BodyRule::Prefix(limit) => (limit, false),
    };
    if whole && declared.length.is_some_and(|length| length > limit.0) {
        reject_beyond_limit(ctx, declared.length, limit.0)?;
        // Report-only: already reported; do not report it again at the limit.
        whole = false;
    }
    // A broken content coding is detected while it is decoded; an unknown one is reported here.
    let inflates = rules.body.inflation.enabled && declared.codings.is_known();
    if !declared.plain_transfer || !(declared.codings.is_plain() || inflates) {
        // A handler may ignore the coding, so the encoded bytes are inspected too.
        report_gap(ctx, Gaps::CODING)?;
    }
    if !declared.readable {
        // A handler may ignore the charset, so the bytes are inspected although the charset is unknown.
        report_gap(ctx, Gaps::CHARSET)?;
    }
    Ok(ReadMode::Read { limit: usize::try_from(limit.0).unwrap_or(usize::MAX), whole })
}

/// Reject a body that is longer than the limit of inspection.
fn reject_beyond_limit(ctx: &mut RequestContext<'_>, length: Option<u64>, limit: u64) -> CheckResult {
    ctx.coverage.gaps.add(Gaps::LENGTH);
    reject_too_long(ctx, length, limit)
}

/// Reject a body that was not inspected as a whole, for these reasons.
fn reject_incomplete(ctx: &mut RequestContext<'_>, gaps: Gaps) -> CheckResult {
    let first = [Gaps::CODING, Gaps::CHARSET, Gaps::LENGTH, Gaps::RATIO, Gaps::WORK, Gaps::VALUES];
    first.into_iter().find(|gap| gaps.has(*gap)).map_or(Ok(()), |gap| report_gap(ctx, gap))
}

/// Whether a body that cannot be inspected is rejected.
fn denies_incomplete(ctx: &RequestContext<'_>) -> bool {
    suspicious::body_classes(ctx).is_some() && ctx.rules.detect.on_incomplete == OnIncomplete::Deny
}

/// Record `gap`, and reject the body if `on_incomplete` is `deny`.
fn report_gap(ctx: &mut RequestContext<'_>, gap: Gaps) -> CheckResult {
    ctx.coverage.gaps.add(gap);
    if !denies_incomplete(ctx) {
        return Ok(());
    }
    let unsupported = |what| (415, "Unsupported content type", "content_type", what);
    let too_much = |what| (413, "Request too large", "max_request_size", what);
    let (status, body, violation, reason) = match gap {
        Gaps::CODING => unsupported("The content coding of the body is not one that is inspected"),
        Gaps::CHARSET => unsupported("The charset of the body is not one that is inspected"),
        Gaps::RATIO => too_much("The body inflates to too many times its length"),
        Gaps::WORK => too_much("The body takes more work to inspect than its length allows"),
        Gaps::VALUES => too_much("The body has more parts, levels or tokens than are inspected"),
        _ => too_much("The body inflates to more than is inspected"),
    };
    reject(ctx, violation, reason.into(), status, body)
}

/// Reject a body in which a honeypot field is set: the form hides that field from people.
fn reject_honeypot(ctx: &mut RequestContext<'_>) -> CheckResult {
    let action = ctx.action(Check::Trap);
    let metadata = [("validator_name", "honeypot_validator".into())];
    ctx.event(
        EventKind::DecoratorViolation,
        action,
        "middleware",
        "Custom validation failed".into(),
        metadata,
    );
    ctx.reject(RejectionDraft::new(Check::Trap, 403, "Forbidden"))
}

/// Reject a body that did not arrive as a whole.
pub(crate) fn reject_broken(ctx: &mut RequestContext<'_>, fault: BodyFault) -> CheckResult {
    let (status, body, reason) = match fault {
        BodyFault::TimedOut => (408, "Request timeout".into(), "The body did not arrive in time"),
        BodyFault::Broken => (400, "Bad request".into(), "The body ended early"),
        BodyFault::Withheld(_)
            if ctx.policy.is_some_and(|policy| policy.source.insecure_uninspected_body) =>
        {
            ctx.coverage.gaps.add(Gaps::SKIPPED);
            return Ok(());
        }
        BodyFault::Withheld(advice) => {
            (413, format!("Request too large: {advice}"), "The body could not be inspected")
        }
        BodyFault::Overloaded => return reject_overloaded(ctx),
    };
    ctx.coverage.gaps.add(Gaps::BROKEN);
    if ctx.head.outer.is_some_and(|outer| outer.has_broken_body) {
        // The outer guard has reported it.
        return Ok(());
    }
    let action = ctx.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "body".into())];
    ctx.event(EventKind::ContentFiltered, action, "middleware", reason.into(), metadata);
    ctx.reject(RejectionDraft::new(Check::RequestSizeContent, status, body))
}

/// Reject a body because all bodies in memory have reached their bound. The client is not at fault: no strike.
fn reject_overloaded(ctx: &mut RequestContext<'_>) -> CheckResult {
    ctx.coverage.gaps.add(Gaps::MEMORY);
    let action = ctx.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "memory".into())];
    let reason = String::from("The bodies in memory have reached their bound");
    ctx.event(EventKind::ContentFiltered, action, "middleware", reason, metadata);
    let mut rejection =
        RejectionDraft::new(Check::RequestSizeContent, 503, "Service temporarily unavailable");
    rejection.retry_after = Some(RETRY_OVERLOADED);
    ctx.reject(rejection)
}
