//! The body before it is read: how long it may be, and whether looking at it would mean anything.

use core::time::Duration;

use super::suspicious;
use crate::body::coding::Inflation;
use crate::body::kind::Claim;
use crate::case::{Case, Objection, Refused};
use crate::config::Incomplete;
use crate::event::EventKind;
use crate::policy::BodyRule;
use crate::verdict::{Check, Gaps};

/// How bodies are read, compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyRules {
    pub(crate) rule: BodyRule,
    pub(crate) timeout: Duration,
    pub(crate) inflation: Inflation,
}

/// What happens to the body of an inspected request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing to read, or not to be read.
    Through,
    /// Read up to `limit` bytes; what is longer is refused when `whole`.
    Read { limit: usize, whole: bool },
}

/// Check what the head says about the body against what the route takes.
pub(crate) fn check_claim(_case: &mut Case<'_>) -> Result<(), Refused> {
    Ok(())
}

/// Decide before the first byte is read. A body that is read for its honeypot fields alone is read as far as it goes.
pub(crate) fn check(case: &mut Case<'_>, claim: &Claim<'_>) -> Result<Reading, Refused> {
    let rules = &case.engine.rules;
    let refuses = refuses(case);
    // The declared length is the client's word; whether there is a body, the framework knows.
    if !case.head.has_body {
        return Ok(Reading::Through);
    }
    let (limit, mut whole) =
        match case.policy.and_then(|policy| policy.source.body).unwrap_or(rules.body.rule) {
            BodyRule::Skip => {
                case.coverage.gaps.add(Gaps::SKIPPED);
                return Ok(Reading::Through);
            }
            BodyRule::Inspect(limit) => (limit, refuses),
            BodyRule::Prefix(limit) => (limit, false),
        };
    if whole && claim.length.is_some_and(|length| length > limit.0) {
        too_large(case, claim.length, limit.0)?;
        // Passive mode: reported; reaching the limit is no news any more.
        whole = false;
    }
    // Where codings are undone, a broken one is found on the way; an unknown one is known now.
    let inflates = rules.body.inflation.enabled && claim.codings.is_known();
    if !claim.plain_transfer || !(claim.codings.is_plain() || inflates) {
        uninspected(case, Gaps::CODING)?;
        // Compressed bytes mean nothing to a recogniser.
        return Ok(Reading::Through);
    }
    if !claim.readable {
        // A handler may ignore the charset, so that naming an odd one must not spare an attack the look.
        uninspected(case, Gaps::CHARSET)?;
    }
    Ok(Reading::Read { limit: usize::try_from(limit.0).unwrap_or(usize::MAX), whole })
}

/// Object to a body that is longer than what is read.
pub(crate) fn too_large(case: &mut Case<'_>, length: Option<u64>, limit: u64) -> Result<(), Refused> {
    case.coverage.gaps.add(Gaps::LENGTH);
    let reason = match length {
        Some(length) => alloc::format!("Request size {length} exceeds limit: {limit}"),
        None => alloc::format!("Request size exceeds limit: {limit}"),
    };
    let action = case.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "max_request_size".into())];
    case.event(EventKind::ContentFiltered, action, "middleware", reason, metadata);
    case.object(Objection::new(Check::RequestSizeContent, 413, "Request too large"))
}

/// Object to a body that could not be inspected entirely, for these reasons.
pub(crate) fn incomplete(case: &mut Case<'_>, gaps: Gaps) -> Result<(), Refused> {
    let first = [Gaps::CODING, Gaps::CHARSET, Gaps::LENGTH, Gaps::RATIO, Gaps::VALUES];
    first.into_iter().find(|gap| gaps.has(*gap)).map_or(Ok(()), |gap| uninspected(case, gap))
}

/// Whether what cannot be inspected is to be refused.
fn refuses(case: &Case<'_>) -> bool {
    suspicious::applies(case) && case.engine.rules.detect.on_incomplete == Incomplete::Deny
}

fn uninspected(case: &mut Case<'_>, gap: Gaps) -> Result<(), Refused> {
    case.coverage.gaps.add(gap);
    if !refuses(case) {
        return Ok(());
    }
    let unsupported = |what| (415, "Unsupported content type", "content_type", what);
    let too_much = |what| (413, "Request too large", "max_request_size", what);
    let (status, body, violation, reason) = match gap {
        Gaps::CODING => unsupported("The content coding of the body is not one that is inspected"),
        Gaps::CHARSET => unsupported("The charset of the body is not one that is inspected"),
        Gaps::RATIO => too_much("The body inflates to too many times its length"),
        Gaps::VALUES => too_much("The body has more parts or tokens than are inspected"),
        _ => too_much("The body inflates to more than is inspected"),
    };
    let action = case.action(Check::RequestSizeContent);
    let metadata = [("violation_type", violation.into())];
    case.event(EventKind::ContentFiltered, action, "middleware", reason.into(), metadata);
    case.object(Objection::new(Check::RequestSizeContent, status, body))
}

/// Object to a body in which a honeypot field is filled in: no person saw that field.
pub(crate) fn trapped(case: &mut Case<'_>) -> Result<(), Refused> {
    let action = case.action(Check::Trap);
    let metadata = [("validator_name", "honeypot_validator".into())];
    case.event(
        EventKind::DecoratorViolation,
        action,
        "middleware",
        "Custom validation failed".into(),
        metadata,
    );
    case.object(Objection::new(Check::Trap, 403, "Forbidden"))
}

/// Why a body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFault {
    /// The client did not send it in time.
    TimedOut,
    /// The connection ended, or the framing is broken.
    Broken,
}

/// Object to a body that did not arrive.
pub(crate) fn broken(case: &mut Case<'_>, fault: BodyFault) -> Result<(), Refused> {
    case.coverage.gaps.add(Gaps::BROKEN);
    let (status, body, reason) = match fault {
        BodyFault::TimedOut => (408, "Request timeout", "The body did not arrive in time"),
        BodyFault::Broken => (400, "Bad request", "The body ended early"),
    };
    let action = case.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "body".into())];
    case.event(EventKind::ContentFiltered, action, "middleware", reason.into(), metadata);
    case.object(Objection::new(Check::RequestSizeContent, status, body))
}
