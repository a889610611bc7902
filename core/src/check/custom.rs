//! The application's own checks: what a hook said, and what it means.

use alloc::string::String;

use crate::config::OnFailure;
use crate::engine::step::{Flow, HookDecision};
use crate::engine::{When, consult, hook};
use crate::event::EventKind;
use crate::request::context::{Refusal, RejectionDraft, RequestContext};
use crate::verdict::Check;

/// Judge what a hook said, and ask the next one.
pub(crate) fn judge<'r>(
    ctx: &mut RequestContext<'r>,
    name: &str,
    when: When,
    answer: HookDecision,
) -> Flow<'r> {
    ctx.hooks_asked += 1;
    reject(ctx, name, when, answer)?;
    match when {
        When::Before => consult(ctx),
        When::After => hook(ctx),
    }
}

fn reject(ctx: &mut RequestContext<'_>, name: &str, when: When, answer: HookDecision) -> Result<(), Refusal> {
    let fails_open = ctx.engine.rules.config.hooks.on_failure == OnFailure::Allow;
    let mut own = None;
    let (status, body) = match answer {
        HookDecision::Pass => return Ok(()),
        HookDecision::Fail if fails_open => return Ok(()),
        HookDecision::Deny(status, body) => (status.clamp(400, 599), body),
        HookDecision::Respond(response) => {
            own = Some((response.headers, response.body));
            (response.status.clamp(300, 599), String::new())
        }
        HookDecision::Fail => (500, "Security check failed".into()),
    };
    let check = match when {
        When::Before => Check::CustomValidators,
        When::After => Check::CustomRequest,
    };
    let action = ctx.action(check);
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
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
        When::After => {
            let metadata = [("check_function", String::from(name).into()), ("response_status", status_text)];
            let reason = String::from("Custom request check returned blocking response");
            ctx.event(EventKind::CustomRequestCheck, action, "middleware", reason, metadata);
        }
    }
    let verbatim = own.is_some();
    let objected = ctx.reject(RejectionDraft { verbatim, ..RejectionDraft::new(check, status, body) });
    objected.map_err(|Refusal(mut denial)| {
        if let Some((headers, body)) = own {
            // The configured texts are for refusals of the guard.
            denial.body = body;
            for (name, _) in &headers {
                denial.headers.retain(|(known, _)| known != name);
            }
            denial.headers.extend(headers);
        }
        Refusal(denial)
    })
}
