//! The body before it is read: how long it may be, and whether looking at it would mean anything.

use alloc::format;
use alloc::string::String;

use super::suspicious::{self, BodyFinding};
use crate::body::gaps::Gaps;
use crate::checks::Check;
use crate::config::OnIncomplete;
use crate::config::policy::BodyRule;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::decision::BodyFault;
use crate::request::declared_body::{DeclaredBody, length};
use crate::request::flow::{BodyPlan, CheckResult, Flow, Refusal, StageResult};
use crate::respond::RejectionDraft;
use crate::rules::body::media_type;

/// What happens to the body of an inspected request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadMode {
    /// Nothing to read, or not to be read.
    Through,
    /// Read up to `limit` bytes; what is longer is refused when `whole`.
    Read { limit: usize, whole: bool },
}

/// Check what the head says about the body against what the configuration and the route take.
pub(crate) fn check_declared(ctx: &mut RequestContext<'_>) -> CheckResult {
    let length = length(&ctx.known.content_length);
    if ctx.known.content_length.first.is_some() && length.is_none() {
        let reason = "The length of the body is given twice or is no number";
        reject(ctx, "content_length", reason.into(), 400, "Bad request")?;
    }
    if let Some((length, most)) = length.zip(most(ctx)).filter(|(length, most)| length > most) {
        beyond(ctx, Some(length), most)?;
    }
    let Some(policy) = ctx.policy.filter(|policy| !policy.media.0.is_empty()) else { return Ok(()) };
    let sent = ctx.known.content_type;
    let media = sent.first.filter(|_| !sent.conflict).and_then(media_type);
    if !ctx.head.has_body || media.is_some_and(|media| policy.media.take(media)) {
        return Ok(());
    }
    let reason = format!("Content type not in allowed types: {}", policy.source.content_types.join(", "));
    reject(ctx, "content_type", reason, 415, "Unsupported content type")
}

/// The longest body that the request may have.
fn most(ctx: &RequestContext<'_>) -> Option<u64> {
    let route = ctx.policy.and_then(|policy| policy.source.max_body);
    let global = ctx.rules.config.body.max;
    route.into_iter().chain(global).map(|size| size.0).min()
}

/// [`most`] for a body that has to be measured while it is read, because its head does not say how long it is.
fn unmeasured(ctx: &RequestContext<'_>) -> Option<u64> {
    let most = most(ctx).filter(|_| ctx.head.has_body)?;
    // RFC 9112 section 6.3: a transfer coding overrides the length.
    let coded = ctx.known.transfer_encoding.first.is_some();
    let declared = length(&ctx.known.content_length).is_some() && !coded;
    (!declared).then_some(most)
}

/// Object to a body that is longer than it may be, inspected or not.
fn beyond(ctx: &mut RequestContext<'_>, length: Option<u64>, most: u64) -> CheckResult {
    let reason = match length {
        Some(length) => format!("Request size {length} exceeds limit: {most}"),
        None => format!("Request size exceeds limit: {most}"),
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
    let action = ctx.action(Check::RequestSizeContent);
    let metadata = [("decorator_type", "content_filtering".into()), ("violation_type", violation.into())];
    ctx.event(EventKind::ContentFiltered, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::RequestSizeContent, status, body))
}

/// Decide how the body is read, before the first byte: inspected, only measured, or not at all.
pub(crate) fn plan_body<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    // The declared length is the client's word; whether there is a body, the framework knows.
    if !ctx.head.has_body {
        return Ok(Flow::Continue);
    }
    let declared = DeclaredBody::of(&ctx.known);
    let read = match suspicious::applies(ctx) || !ctx.honeypot().is_empty() {
        true => read_mode(ctx, &declared)?,
        false => ReadMode::Through,
    };
    let max = unmeasured(ctx);
    let (limit, whole, inspects) = match read {
        ReadMode::Read { limit, whole } => (limit, whole, true),
        ReadMode::Through if max.is_some() => (0, false, false),
        ReadMode::Through => return Ok(Flow::Continue),
    };
    ctx.body_plan = Some(BodyPlan { declared, limit, whole, max, inspects });
    Ok(Flow::Body)
}

/// How much of a body is announced, as far as it is read: room for chunks.
pub(crate) fn announced_length(ctx: &RequestContext<'_>) -> usize {
    let Some(BodyPlan { declared, limit, .. }) = &ctx.body_plan else { return 0 };
    let length = declared.length.and_then(|length| usize::try_from(length).ok());
    length.unwrap_or(0).min(*limit)
}

/// Reject a body of which `read` bytes have arrived if that is too long; each limit is reported once. Continues with whether
/// more is to be read.
pub(crate) fn measure(ctx: &mut RequestContext<'_>, read: usize) -> Result<bool, Refusal> {
    let Some(plan) = &mut ctx.body_plan else { return Ok(false) };
    let beyond_max = plan.max.take_if(|max| read as u64 > *max);
    let (limit, beyond_limit) = (plan.limit, plan.whole && read > plan.limit);
    plan.whole &= !beyond_limit;
    // A length that is not known yet is measured, also beyond what is inspected.
    let more = plan.max.is_some() || plan.inspects && read <= limit;
    if let Some(max) = beyond_max {
        beyond(ctx, None, max)?;
    }
    if beyond_limit {
        too_large(ctx, None, limit as u64)?;
    }
    Ok(more)
}

/// Inspect a body that has been read as far as it is going to be.
pub(crate) fn inspect<'r>(ctx: &mut RequestContext<'r>, bytes: &[u8]) -> StageResult<'r> {
    let Some(BodyPlan { declared, limit, inspects: true, .. }) = ctx.body_plan.take() else {
        return Ok(Flow::Continue);
    };
    let cut = bytes.len() > limit;
    if cut {
        ctx.coverage.gaps.add(Gaps::LENGTH);
    }
    match suspicious::inspect_body(ctx, &declared, &bytes[..bytes.len().min(limit)], cut) {
        Err(BodyFinding::Attack(finding)) => return suspicious::handle_finding(ctx, finding),
        Err(BodyFinding::Trap(_)) => reject_honeypot(ctx)?,
        Ok(gaps) => incomplete(ctx, gaps)?,
    }
    Ok(Flow::Continue)
}

/// Decide before the first byte is read. A body that is read for its honeypot fields alone is read as far as it goes.
fn read_mode(ctx: &mut RequestContext<'_>, claim: &DeclaredBody<'_>) -> Result<ReadMode, Refusal> {
    let rules = ctx.rules;
    let refuses = refuses(ctx);
    let (limit, mut whole) = match ctx.policy.and_then(|policy| policy.source.body).unwrap_or(rules.body.rule)
    {
        BodyRule::Skip => {
            ctx.coverage.gaps.add(Gaps::SKIPPED);
            return Ok(ReadMode::Through);
        }
        BodyRule::Inspect(limit) => (limit, refuses),
        BodyRule::Prefix(limit) => (limit, false),
    };
    if whole && claim.length.is_some_and(|length| length > limit.0) {
        too_large(ctx, claim.length, limit.0)?;
        // Passive mode: reported; reaching the limit is no news any more.
        whole = false;
    }
    // Where codings are undone, a broken one is found on the way; an unknown one is known now.
    let inflates = rules.body.inflation.enabled && claim.codings.is_known();
    if !claim.plain_transfer || !(claim.codings.is_plain() || inflates) {
        // A handler may ignore the coding, so that the bytes as they came are inspected all the same.
        uninspected(ctx, Gaps::CODING)?;
    }
    if !claim.readable {
        // A handler may ignore the charset, so that naming an odd one must not spare an attack the look.
        uninspected(ctx, Gaps::CHARSET)?;
    }
    Ok(ReadMode::Read { limit: usize::try_from(limit.0).unwrap_or(usize::MAX), whole })
}

/// Object to a body that is longer than what is read.
fn too_large(ctx: &mut RequestContext<'_>, length: Option<u64>, limit: u64) -> CheckResult {
    ctx.coverage.gaps.add(Gaps::LENGTH);
    beyond(ctx, length, limit)
}

/// Object to a body that could not be inspected entirely, for these reasons.
fn incomplete(ctx: &mut RequestContext<'_>, gaps: Gaps) -> CheckResult {
    let first = [Gaps::CODING, Gaps::CHARSET, Gaps::LENGTH, Gaps::RATIO, Gaps::WORK, Gaps::VALUES];
    first.into_iter().find(|gap| gaps.has(*gap)).map_or(Ok(()), |gap| uninspected(ctx, gap))
}

/// Whether what cannot be inspected is to be refused.
fn refuses(ctx: &RequestContext<'_>) -> bool {
    suspicious::applies(ctx) && ctx.rules.detect.on_incomplete == OnIncomplete::Deny
}

fn uninspected(ctx: &mut RequestContext<'_>, gap: Gaps) -> CheckResult {
    ctx.coverage.gaps.add(gap);
    if !refuses(ctx) {
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

/// Object to a body in which a honeypot field is filled in: no person saw that field.
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

/// Object to a body that did not arrive.
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
    };
    ctx.coverage.gaps.add(Gaps::BROKEN);
    let action = ctx.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "body".into())];
    ctx.event(EventKind::ContentFiltered, action, "middleware", reason.into(), metadata);
    ctx.reject(RejectionDraft::new(Check::RequestSizeContent, status, body))
}
