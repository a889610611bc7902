//! Headers that a route requires: present, or with a given value.
//!
//! The check reports the first header that is missing or different, in the order of their names. It skips preflights: a
//! browser sends them without the headers of the request that follows.

use alloc::format;
use alloc::string::String;

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::head::HeaderValues;
use crate::respond::RejectionDraft;
use crate::rules::headers::HeaderRequirement;

enum HeaderFault {
    Missing,
    Mismatched,
}

pub(crate) fn check(ctx: &mut RequestContext<'_>) -> CheckResult {
    let Some(policy) = ctx.policy else { return Ok(()) };
    for header in &policy.headers.0 {
        if let Some(fault) = header.fault(ctx) {
            return reject(ctx, header, &fault);
        }
    }
    Ok(())
}

impl HeaderRequirement {
    fn fault(&self, ctx: &RequestContext<'_>) -> Option<HeaderFault> {
        let lines = HeaderValues::of(ctx.head.headers, &self.name);
        let Some(sent) = lines.first else { return Some(HeaderFault::Missing) };
        let required = self.value.as_deref()?;
        // Of two values, the application may use either.
        let same = same_in_constant_time(sent, required.trim().as_bytes()) && !lines.conflict;
        (!same).then_some(HeaderFault::Mismatched)
    }
}

/// Compare in constant time: required values are often keys, and the duration must not reveal how much of a guess is right.
fn same_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    a.len() == b.len() && core::hint::black_box(difference) == 0
}

fn reject(ctx: &mut RequestContext<'_>, header: &HeaderRequirement, fault: &HeaderFault) -> CheckResult {
    let name = header.name.as_str();
    let (text, field) = match fault {
        HeaderFault::Missing => (format!("Missing required header: {name}"), "missing_header"),
        HeaderFault::Mismatched => {
            (format!("Header '{name}' does not match the required value"), "mismatched_header")
        }
    };
    let (decorator, violation) = match name {
        name if name.eq_ignore_ascii_case("x-api-key") => ("authentication", "api_key_required"),
        name if name.eq_ignore_ascii_case("authorization") => ("authentication", "required_header"),
        _ => ("advanced", "required_header"),
    };
    let metadata = [
        ("decorator_type", decorator.into()),
        ("violation_type", violation.into()),
        (field, String::from(name).into()),
    ];
    let action = ctx.action(Check::RequiredHeaders);
    ctx.event(EventKind::DecoratorViolation, action, "middleware", text.clone(), metadata);
    ctx.reject(RejectionDraft::new(Check::RequiredHeaders, 400, text))
}
