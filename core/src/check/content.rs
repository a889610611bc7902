//! The body before it is read: how long it may be, and whether looking at it would mean anything.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::suspicious;
use crate::body::coding::Inflation;
use crate::body::kind::{Claim, length};
use crate::case::{Case, Objection, Refused};
use crate::config::{ConfigErrors, Incomplete, Place};
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

/// Media types that bodies may have, compiled; empty for any.
#[derive(Debug, Default)]
pub(crate) struct MediaRanges(Vec<(String, String)>);

impl MediaRanges {
    pub(crate) fn compile(types: &[String], place: &Place<'_>, errors: &mut ConfigErrors) -> Self {
        let mut ranges = Vec::new();
        for (index, text) in types.iter().enumerate() {
            match media_type(text.as_bytes()) {
                Some((main, sub)) if (main != "*" || sub == "*") && !text.contains(';') => {
                    ranges.push((main.to_ascii_lowercase(), sub.to_ascii_lowercase()));
                }
                _ => errors.push(
                    place.of(&format!("content_types[{index}]")),
                    format!(
                        "`{text}` is not a media type; write `application/json` or `image/*`, no parameters"
                    ),
                ),
            }
        }
        Self(ranges)
    }

    fn take(&self, (main, sub): (&str, &str)) -> bool {
        let fits = |range: &String, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        self.0.iter().any(|(range, below)| fits(range, main) && fits(below, sub))
    }
}

/// Type and subtype, parameters left out.
fn media_type(text: &[u8]) -> Option<(&str, &str)> {
    let essence = core::str::from_utf8(text).ok()?.split(';').next()?.trim();
    let (main, sub) = essence.split_once('/')?;
    // RFC 9110 section 5.6.2: what a token is made of.
    let token = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    (token(main) && token(sub)).then_some((main, sub))
}

/// Check what the head says about the body against what the configuration and the route take.
pub(crate) fn check_claim(case: &mut Case<'_>) -> Result<(), Refused> {
    let length = length(&case.known.content_length);
    if case.known.content_length.first.is_some() && length.is_none() {
        let reason = "The length of the body is given twice or is no number";
        object(case, "content_length", reason.into(), 400, "Bad request")?;
    }
    if let Some((length, most)) = length.zip(most(case)).filter(|(length, most)| length > most) {
        beyond(case, Some(length), most)?;
    }
    let Some(policy) = case.policy.filter(|policy| !policy.media.0.is_empty()) else { return Ok(()) };
    let sent = case.known.content_type;
    let media = sent.first.filter(|_| !sent.conflict).and_then(media_type);
    if !case.head.has_body || media.is_some_and(|media| policy.media.take(media)) {
        return Ok(());
    }
    let reason = format!("Content type not in allowed types: {}", policy.source.content_types.join(", "));
    object(case, "content_type", reason, 415, "Unsupported content type")
}

/// The longest body that the request may have.
fn most(case: &Case<'_>) -> Option<u64> {
    let route = case.policy.and_then(|policy| policy.source.max_body);
    let global = case.engine.rules.config.body.max;
    route.into_iter().chain(global).map(|size| size.0).min()
}

/// [`most`] for a body that has to be measured while it is read, because its head does not say how long it is.
pub(crate) fn unmeasured(case: &Case<'_>) -> Option<u64> {
    let most = most(case).filter(|_| case.head.has_body)?;
    // RFC 9112 section 6.3: a transfer coding overrides the length.
    let coded = case.known.transfer_encoding.first.is_some();
    let declared = length(&case.known.content_length).is_some() && !coded;
    (!declared).then_some(most)
}

/// Object to a body that is longer than it may be, inspected or not.
pub(crate) fn beyond(case: &mut Case<'_>, length: Option<u64>, most: u64) -> Result<(), Refused> {
    let reason = match length {
        Some(length) => format!("Request size {length} exceeds limit: {most}"),
        None => format!("Request size exceeds limit: {most}"),
    };
    object(case, "max_request_size", reason, 413, "Request too large")
}

fn object(
    case: &mut Case<'_>,
    violation: &'static str,
    reason: String,
    status: u16,
    body: &'static str,
) -> Result<(), Refused> {
    let action = case.action(Check::RequestSizeContent);
    let metadata = [("decorator_type", "content_filtering".into()), ("violation_type", violation.into())];
    case.event(EventKind::ContentFiltered, action, "middleware", reason, metadata);
    case.object(Objection::new(Check::RequestSizeContent, status, body))
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
        // A handler may ignore the coding, so that the bytes as they came are inspected all the same.
        uninspected(case, Gaps::CODING)?;
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
    beyond(case, length, limit)
}

/// Object to a body that could not be inspected entirely, for these reasons.
pub(crate) fn incomplete(case: &mut Case<'_>, gaps: Gaps) -> Result<(), Refused> {
    let first = [Gaps::CODING, Gaps::CHARSET, Gaps::LENGTH, Gaps::RATIO, Gaps::WORK, Gaps::VALUES];
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
        Gaps::WORK => too_much("The body takes more work to inspect than its length allows"),
        Gaps::VALUES => too_much("The body has more parts, levels or tokens than are inspected"),
        _ => too_much("The body inflates to more than is inspected"),
    };
    object(case, violation, reason.into(), status, body)
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
    /// The framework keeps it from the guard, which would be to let it pass unseen. The text tells the developer how to mend
    /// that; a route can say `insecure_uninspected_body` instead.
    Withheld(&'static str),
}

/// Object to a body that did not arrive.
pub(crate) fn broken(case: &mut Case<'_>, fault: BodyFault) -> Result<(), Refused> {
    let (status, body, reason) = match fault {
        BodyFault::TimedOut => (408, "Request timeout".into(), "The body did not arrive in time"),
        BodyFault::Broken => (400, "Bad request".into(), "The body ended early"),
        BodyFault::Withheld(_)
            if case.policy.is_some_and(|policy| policy.source.insecure_uninspected_body) =>
        {
            case.coverage.gaps.add(Gaps::SKIPPED);
            return Ok(());
        }
        BodyFault::Withheld(advice) => {
            (413, format!("Request too large: {advice}"), "The body could not be inspected")
        }
    };
    case.coverage.gaps.add(Gaps::BROKEN);
    let action = case.action(Check::RequestSizeContent);
    let metadata = [("violation_type", "body".into())];
    case.event(EventKind::ContentFiltered, action, "middleware", reason.into(), metadata);
    case.object(Objection::new(Check::RequestSizeContent, status, body))
}
