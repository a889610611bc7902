//! Hooks of the application: runs them in order, and applies their decisions.

use alloc::string::String;

use crate::checks::Check;
use crate::config::OnFailure;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::decision::HookDecision;
use crate::request::flow::{CheckResult, Flow, HookPhase, StageResult};
use crate::respond::RejectionDraft;

/// Run the next hook of this phase, if one is left.
fn run<'r>(ctx: &mut RequestContext<'r>, phase: HookPhase) -> StageResult<'r> {
    match ctx.next_hook(phase) {
        Some(name) => Ok(Flow::Hook(name, phase)),
        None => {
            ctx.hooks_run = 0;
            Ok(Flow::Continue)
        }
    }
}

/// Run the hooks before inspection.
pub(crate) fn run_before<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    run(ctx, HookPhase::Before)
}

/// Run the hooks after every other check.
pub(crate) fn run_after<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    run(ctx, HookPhase::After)
}

/// Apply the decision of a hook. The stage runs again for the next hook.
pub(crate) fn apply_decision(
    ctx: &mut RequestContext<'_>,
    name: &str,
    phase: HookPhase,
    decision: HookDecision,
) -> CheckResult {
    ctx.hooks_run += 1;
    reject(ctx, name, phase, decision)
}

fn reject(ctx: &mut RequestContext<'_>, name: &str, phase: HookPhase, decision: HookDecision) -> CheckResult {
    let fails_open = ctx.rules.config.hooks.on_failure == OnFailure::Allow;
    let mut response_parts = None;
    let (status, body) = match decision {
        HookDecision::Pass => return Ok(()),
        HookDecision::Fail if fails_open => return Ok(()),
        HookDecision::Deny(status, body) if (400..600).contains(&status.as_u16()) => (status.as_u16(), body),
        HookDecision::Respond(response) if (300..600).contains(&response.status.as_u16()) => {
            response_parts = Some((response.headers, response.body));
            (response.status.as_u16(), String::new())
        }
        // A status that rejects nothing is a fault of the hook.
        HookDecision::Deny(..) | HookDecision::Respond(_) | HookDecision::Fail => {
            (500, "Security check failed".into())
        }
    };
    let check = match phase {
        HookPhase::Before => Check::CustomValidators,
        HookPhase::After => Check::CustomRequest,
    };
    let action = ctx.action(check);
    let status_text = u32::from(status).into();
    match phase {
        HookPhase::Before => {
            let metadata = [
                ("decorator_type", "content_filtering".into()),
                ("violation_type", "custom_validation".into()),
                ("validator_name", String::from(name).into()),
                ("response_status", status_text),
            ];
            let reason = String::from("Custom validation failed");
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
        HookPhase::After => {
            let metadata = [("check_function", String::from(name).into()), ("response_status", status_text)];
            let reason = String::from("Custom request check returned blocking response");
            ctx.event(EventKind::CustomRequestCheck, action, "middleware", reason, metadata);
        }
    }
    let verbatim = response_parts.is_some();
    let result = ctx.reject(RejectionDraft { verbatim, ..RejectionDraft::new(check, status, body) });
    result.map_err(|mut denial| {
        if let Some((headers, body)) = response_parts {
            // `errors.bodies` applies to rejections of the guard only.
            denial.body = body;
            for (name, _) in &headers {
                denial.headers.retain(|(known, _)| known != name);
            }
            denial.headers.extend(headers);
        }
        denial
    })
}
