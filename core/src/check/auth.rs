//! Credentials: whether the request has one, and the decision of the application's verifier.
//!
//! A credential that the verifier rejects is a strike, so that guessing leads to a ban. A missing credential is not a guess.
//! A verifier that fails is no strike either: its failure must not ban clients.

use alloc::format;
use alloc::string::String;

use crate::checks::Check;
use crate::config::policy::Credential;
use crate::config::{OnFailure, StrikeReason};
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::decision::CredentialDecision;
use crate::request::flow::{CheckResult, Flow, StageResult};
use crate::request::head::HeaderValues;
use crate::respond::RejectionDraft;
use crate::rules::auth::Authentication;
use crate::state::Batch;

/// Find the credential that the route requires. With a verifier, the application decides about it.
pub(crate) fn check<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    let Some(required) = ctx.policy.and_then(|policy| policy.auth.as_ref()) else {
        return Ok(Flow::Continue);
    };
    let reason = match (find(ctx, &required.credential), &required.verifier) {
        (CredentialLookup::One(credential), Some(verifier)) => {
            return Ok(Flow::Verify { verifier, credential });
        }
        (CredentialLookup::One(_), None) => return Ok(Flow::Continue),
        (CredentialLookup::None, _) => match required.credential {
            Credential::Bearer => "Missing or invalid Bearer token",
            Credential::Basic => "Missing or invalid Basic authentication",
            Credential::Header(_) => "Missing API key",
        },
        (CredentialLookup::Several, _) => "Several credentials",
    };
    reject(ctx, required, reason)?;
    Ok(Flow::Continue)
}

/// Apply the decision of the verifier.
pub(crate) fn apply_decision(ctx: &mut RequestContext<'_>, decision: CredentialDecision) -> CheckResult {
    let reason = match decision {
        CredentialDecision::Accept => return Ok(()),
        CredentialDecision::AcceptAs(principal) => {
            ctx.principal = Some(principal);
            return Ok(());
        }
        CredentialDecision::Reject => {
            strike_client(ctx);
            "Authentication failed"
        }
        CredentialDecision::Fail if ctx.rules.config.hooks.on_failure == OnFailure::Allow => {
            return Ok(());
        }
        CredentialDecision::Fail => "Authentication error",
    };
    match ctx.policy.and_then(|policy| policy.auth.as_ref()) {
        Some(required) => reject(ctx, required, reason),
        None => Ok(()),
    }
}

/// The result of the search for a credential.
enum CredentialLookup<'r> {
    None,
    One(&'r [u8]),
    /// Lines that differ: the application may use another one than was verified.
    Several,
}

/// The credential of the request, without its scheme.
fn find<'r>(ctx: &RequestContext<'r>, credential: &Credential) -> CredentialLookup<'r> {
    let (name, scheme) = match credential {
        Credential::Bearer => ("authorization", "bearer "),
        Credential::Basic => ("authorization", "basic "),
        Credential::Header(name) => (name.as_str(), ""),
    };
    let mut lines = HeaderValues::default();
    ctx.head.headers.for_each(&mut |line, value| {
        if line.eq_ignore_ascii_case(name) {
            lines.add(value.trim_ascii());
        }
    });
    if lines.conflict {
        return CredentialLookup::Several;
    }
    let value = lines.first.unwrap_or_default();
    let (head, rest) = value.split_at(scheme.len().min(value.len()));
    let credential = Some(rest.trim_ascii()).filter(|rest| !rest.is_empty());
    credential
        .filter(|_| head.eq_ignore_ascii_case(scheme.as_bytes()))
        .map_or(CredentialLookup::None, CredentialLookup::One)
}

fn reject(ctx: &mut RequestContext<'_>, required: &Authentication, reason: &str) -> CheckResult {
    let action = ctx.action(Check::Authentication);
    let violation = if required.verifier.is_some() { "require_auth" } else { "authorization_header" };
    let metadata = [
        ("decorator_type", "authentication".into()),
        ("violation_type", violation.into()),
        ("auth_type", required.credential.kind().into()),
    ];
    ctx.event(EventKind::DecoratorViolation, action, "middleware", String::from(reason), metadata);
    let hook_reason = format!("Authentication failure: {reason}");
    ctx.reject(
        RejectionDraft::new(Check::Authentication, 401, "Authentication required").hook_reason(hook_reason),
    )
}

fn strike_client(ctx: &mut RequestContext<'_>) {
    let mut batch = Batch::new(ctx.now);
    let bans = !ctx.is_report_only(Check::Authentication);
    ctx.rules.ban.strike(&mut batch, ctx, StrikeReason::Authentication, bans);
    batch.ops().iter().for_each(|op| ctx.defer(*op));
}
