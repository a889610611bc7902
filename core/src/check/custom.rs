//! The application's own checks: what a hook said, and what it means.

use alloc::string::String;

use crate::case::{Case, Objection, Refused};
use crate::config::Failure;
use crate::engine::{When, consult, hook};
use crate::event::EventKind;
use crate::step::{Flow, HookAnswer};
use crate::verdict::Check;

/// Judge what a hook said, and ask the next one.
pub(crate) fn judge<'r>(case: &mut Case<'r>, name: &str, when: When, answer: HookAnswer) -> Flow<'r> {
    case.hooks_asked += 1;
    object(case, name, when, answer)?;
    match when {
        When::Before => consult(case),
        When::After => hook(case),
    }
}

fn object(case: &mut Case<'_>, name: &str, when: When, answer: HookAnswer) -> Result<(), Refused> {
    let fails_open = case.engine.rules.config.hooks.on_failure == Failure::Allow;
    let mut own = None;
    let (status, body) = match answer {
        HookAnswer::Pass => return Ok(()),
        HookAnswer::Fail if fails_open => return Ok(()),
        HookAnswer::Deny(status, body) => (status.clamp(400, 599), body),
        HookAnswer::Respond(response) => {
            own = Some((response.headers, response.body));
            (response.status.clamp(300, 599), String::new())
        }
        HookAnswer::Fail => (500, "Security check failed".into()),
    };
    let check = match when {
        When::Before => Check::CustomValidators,
        When::After => Check::CustomRequest,
    };
    let action = case.action(check);
    let status_text = u32::from(status).into();
    match when {
        When::Before => {
            let metadata = [
                ("decorator_type", "content_filtering".into()),
                ("violation_type", "custom_validation".into()),
                ("validator_name", String::from(name).into()),
                ("response_status", status_text),
            ];
            let reason = String::from("Custom validation failed");
            case.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
        When::After => {
            let metadata = [("check_function", String::from(name).into()), ("response_status", status_text)];
            let reason = String::from("Custom request check returned blocking response");
            case.event(EventKind::CustomRequestCheck, action, "middleware", reason, metadata);
        }
    }
    let verbatim = own.is_some();
    let objected = case.object(Objection { verbatim, ..Objection::new(check, status, body) });
    objected.map_err(|Refused(mut denial)| {
        if let Some((headers, body)) = own {
            // The configured texts are for refusals of the guard.
            denial.body = body;
            for (name, _) in &headers {
                denial.headers.retain(|(known, _)| known != name);
            }
            denial.headers.extend(headers);
        }
        Refused(denial)
    })
}
