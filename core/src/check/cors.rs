//! CORS preflights: the guard replies to them.
//!
//! Passive mode does not change the reply: a browser requires one, and the application does not receive the preflight.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use http::header::{CONTENT_TYPE, VARY};
use http::{HeaderName, HeaderValue};

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::{Flow, StageResult};
use crate::respond::{RejectionDraft, ResponseVariant, cors};
use crate::rules::cors::Origin;
use crate::verdict::{Denial, Preflight};

/// Reply to a preflight.
pub(crate) fn reply_to_preflight<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    let rules = ctx.rules;
    let Some(cors) = rules.cors.as_ref().filter(|_| ctx.known.preflight) else { return Ok(Flow::Continue) };
    let reply = cors.preflight_reply(ctx.origin, ctx.head.headers);
    if !reply.disallowed.is_empty() {
        let body = cors::disallowed_text(&reply.disallowed);
        return Err(reject_preflight(ctx, body, reply.headers));
    }
    let mut headers = alloc::vec![(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    headers.extend(rules.headers.of(ctx.client.secure).iter().cloned());
    headers.extend(reply.headers);
    headers.push((VARY, HeaderValue::from_static("origin")));
    let preflight = Preflight { status: 200, body: String::from("OK"), headers };
    Ok(Flow::Preflight(Box::new(preflight)))
}

/// Reject a preflight. The rejection has the allowed origin, methods and headers too, so that developers find the cause.
fn reject_preflight(
    ctx: &mut RequestContext<'_>,
    body: String,
    headers: Vec<(HeaderName, HeaderValue)>,
) -> Box<Denial> {
    let metadata = [("violation_type", "cors".into())];
    ctx.event(EventKind::AccessDenied, "request_blocked", "cors", body.clone(), metadata);
    let to = ResponseVariant { origin: Origin::Other, ..ctx.response_variant() };
    let mut denial = ctx.reject_always(&RejectionDraft::new(Check::Cors, 400, body), to);
    denial.headers.extend(headers);
    Box::new(denial)
}
