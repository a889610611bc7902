//! Credentials: whether there is one, and what the application's verifier says about it.
//!
//! A credential that was looked at and is wrong is a strike, so that guessing ends in a ban. None at all is no guess, and a
//! verifier that fails must not ban the clients it fails.

use alloc::format;
use alloc::string::String;

use super::ban::Offence;
use crate::case::{Case, Objection, Refused};
use crate::config::Failure;
use crate::engine::vouch;
use crate::event::EventKind;
use crate::head::Lines;
use crate::policy::Credential;
use crate::state::Batch;
use crate::step::{Flow, Next, Verified};
use crate::verdict::Check;

/// What a route wants, compiled.
#[derive(Debug)]
pub(crate) struct Authentication {
    pub(crate) credential: Credential,
    /// `None`: the credential only has to be there.
    pub(crate) verifier: Option<String>,
}

/// Look for the credential that the route wants.
pub(crate) fn check<'r>(case: &mut Case<'r>) -> Flow<'r> {
    let Some(wanted) = case.policy.and_then(|policy| policy.auth.as_ref()) else { return vouch(case) };
    match (find(case, &wanted.credential), &wanted.verifier) {
        (Found::One(credential), Some(verifier)) => return Ok(Next::Verify { verifier, credential }),
        (Found::One(_), None) => {}
        (Found::None, _) => {
            let reason = match wanted.credential {
                Credential::Bearer => "Missing or invalid Bearer token",
                Credential::Basic => "Missing or invalid Basic authentication",
                Credential::Header(_) => "Missing API key",
            };
            object(case, wanted, reason)?;
        }
        (Found::Several, _) => object(case, wanted, "Several credentials")?,
    }
    vouch(case)
}

/// Judge what the verifier said.
pub(crate) fn judge<'r>(case: &mut Case<'r>, answer: Verified) -> Flow<'r> {
    let reason = match answer {
        Verified::Accept => return vouch(case),
        Verified::AcceptAs(principal) => {
            case.principal = Some(principal);
            return vouch(case);
        }
        Verified::Reject => {
            guessed(case);
            "Authentication failed"
        }
        Verified::Fail if case.engine.rules.config.hooks.on_failure == Failure::Allow => return vouch(case),
        Verified::Fail => "Authentication error",
    };
    if let Some(wanted) = case.policy.and_then(|policy| policy.auth.as_ref()) {
        object(case, wanted, reason)?;
    }
    vouch(case)
}

/// What a request says about itself.
enum Found<'r> {
    None,
    One(&'r [u8]),
    /// Lines that differ: the application may believe another one than was verified.
    Several,
}

/// The credential of the request, without its scheme.
fn find<'r>(case: &Case<'r>, credential: &Credential) -> Found<'r> {
    let (name, scheme) = match credential {
        Credential::Bearer => ("authorization", "bearer "),
        Credential::Basic => ("authorization", "basic "),
        Credential::Header(name) => (name.as_str(), ""),
    };
    let mut lines = Lines::default();
    case.head.headers.each(&mut |line, value| {
        if line.eq_ignore_ascii_case(name) {
            lines.add(value.trim_ascii());
        }
    });
    if lines.conflict {
        return Found::Several;
    }
    let value = lines.first.unwrap_or_default();
    let (head, rest) = value.split_at(scheme.len().min(value.len()));
    let credential = Some(rest.trim_ascii()).filter(|rest| !rest.is_empty());
    credential.filter(|_| head.eq_ignore_ascii_case(scheme.as_bytes())).map_or(Found::None, Found::One)
}

fn object(case: &mut Case<'_>, wanted: &Authentication, reason: &str) -> Result<(), Refused> {
    let action = case.action(Check::Authentication);
    let violation = if wanted.verifier.is_some() { "require_auth" } else { "authorization_header" };
    let metadata = [
        ("decorator_type", "authentication".into()),
        ("violation_type", violation.into()),
        ("auth_type", wanted.credential.kind().into()),
    ];
    case.event(EventKind::DecoratorViolation, action, "middleware", String::from(reason), metadata);
    let told = format!("Authentication failure: {reason}");
    case.object(Objection::new(Check::Authentication, 401, "Authentication required").told(told))
}

fn guessed(case: &mut Case<'_>) {
    let mut batch = Batch::new(case.now);
    let bans = !case.spares(Check::Authentication);
    case.engine.rules.ban.strike(&mut batch, case, Offence::Authentication, bans);
    batch.ops().iter().for_each(|op| case.defer(*op));
}
