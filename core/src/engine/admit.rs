//! Admission: applies the replies of the store to the batch, in the order of its ops.

use alloc::string::String;
use core::time::Duration;

use super::order;
use crate::behaviour;
use crate::check::{ban, rate};
use crate::checks::Check;
use crate::config::OnUnavailable;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::{CheckResult, StageResult};
use crate::request::scratch::OpPurpose;
use crate::respond::RejectionDraft;
use crate::state::{Replies, Reply, Unavailable};

/// Apply the replies in the order of the ops; the first rejection decides. Then run the stages after the batch.
pub(super) fn admit<'r>(
    ctx: &mut RequestContext<'r>,
    replies: &Result<Replies, Unavailable>,
) -> StageResult<'r> {
    match replies {
        // Fewer or more replies than ops count as an outage, so that no check is skipped.
        Ok(replies) if replies.len() == ctx.scratch.batch.ops().len() => apply_replies(ctx, replies)?,
        Ok(_) | Err(Unavailable) => apply_outage(ctx)?,
    }
    order::after(ctx)
}

fn apply_replies(ctx: &mut RequestContext<'_>, replies: &Replies) -> CheckResult {
    let mut result = Ok(());
    for (index, reply) in replies.iter().enumerate() {
        let Some(purpose) = ctx.scratch.purposes.get(index) else { break };
        match (*purpose, *reply) {
            // All ops have taken effect: report the consequence of a strike even if an earlier op rejected.
            (OpPurpose::Usage(scope, index), reply) => {
                let rejected = result.is_err();
                let usage = behaviour::apply_usage_reply(ctx, scope, index, reply, rejected);
                result = result.and(usage);
            }
            _ if result.is_err() => {}
            (OpPurpose::Ban, Reply::Banned(until)) => result = ban::reject_banned(ctx, until),
            (OpPurpose::Throttle, Reply::Count(count)) => result = behaviour::apply_throttle(ctx, count),
            (OpPurpose::Strikes, Reply::Count(count)) => ctx.has_strikes = count.used > 0,
            (OpPurpose::Tier(tier), Reply::Count(count)) => result = rate::apply_count(ctx, tier, count),
            (OpPurpose::Outcome(tier), Reply::Count(count)) => {
                result = rate::apply_outcome_count(ctx, tier, count);
            }
            _ => {}
        }
    }
    result
}

fn apply_outage(ctx: &mut RequestContext<'_>) -> CheckResult {
    ctx.record.store_unavailable = true;
    if ctx.on_unavailable() != OnUnavailable::Deny {
        return Ok(());
    }
    let action = ctx.action(Check::State);
    let reason = String::from("the state store did not answer");
    ctx.event(EventKind::RedisError, action, "redis", reason, [("error_type", "operation_error".into())]);
    let mut rejection = RejectionDraft::new(Check::State, 503, "Service temporarily unavailable");
    rejection.retry_after = Some(Duration::from_secs(5));
    ctx.reject(rejection)
}
