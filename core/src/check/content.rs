//! The body before it is read: how long it may be, and whether looking at it would mean anything.

use core::time::Duration;

use crate::body::kind::{Claim, has_encoded_part};
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

/// Decide before the first byte is read.
pub(crate) fn check(case: &mut Case<'_>, claim: &Claim) -> Result<Reading, Refused> {
    let rules = &case.engine.rules;
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
            BodyRule::Inspect(limit) => (limit, rules.detect.on_incomplete == Incomplete::Deny),
            BodyRule::Prefix(limit) => (limit, false),
        };
    if whole && claim.length.is_some_and(|length| length > limit.0) {
        too_large(case, claim.length, limit.0)?;
        // Passive mode: reported; reaching the limit is no news any more.
        whole = false;
    }
    if !claim.plain || !claim.readable {
        unreadable(case, claim)?;
        if !claim.plain {
            // Compressed bytes mean nothing to a recogniser.
            return Ok(Reading::Through);
        }
        // A handler may ignore the charset, so that naming an odd one must not spare an attack the look.
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

/// Object to a multipart body with a part that is encoded: what was inspected is not what the application will see.
pub(crate) fn encoded_parts(case: &mut Case<'_>, claim: &Claim, body: &[u8]) -> Result<(), Refused> {
    if claim.multipart && has_encoded_part(body) {
        uninspected(case, Gaps::CODING, "coding of a part")
    } else {
        Ok(())
    }
}

fn unreadable(case: &mut Case<'_>, claim: &Claim) -> Result<(), Refused> {
    let (gap, what) = if claim.plain { (Gaps::CHARSET, "charset") } else { (Gaps::CODING, "content coding") };
    uninspected(case, gap, what)
}

fn uninspected(case: &mut Case<'_>, gap: Gaps, what: &str) -> Result<(), Refused> {
    case.coverage.gaps.add(gap);
    if case.engine.rules.detect.on_incomplete == Incomplete::Allow {
        return Ok(());
    }
    let reason = alloc::format!("The {what} of the body is not one that is inspected");
    let action = case.action(Check::RequestSizeContent);
    case.event(
        EventKind::ContentFiltered,
        action,
        "middleware",
        reason,
        [("violation_type", "content_type".into())],
    );
    case.object(Objection::new(Check::RequestSizeContent, 415, "Unsupported content type"))
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
