//! Bans: the lookup of every request, and the strikes that lead to a ban.

use alloc::format;

use ipnet::IpNet;

use crate::checks::Check;
use crate::config::StrikeReason;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::scratch::OpPurpose;
use crate::respond::RejectionDraft;
use crate::rules::ban::BanRules;
use crate::state::{Batch, Consequence, Key, Op, Reply, Scope, Subject};
use crate::time::Timestamp;

/// Add the lookup of the client's ban to the batch.
pub(crate) fn add_ops(ctx: &mut RequestContext<'_>) {
    // In emergency mode, allowlisted clients are looked up too.
    let skips_lookup = ctx.allowlisted && !ctx.rules.config.emergency.enabled;
    if skips_lookup {
        return;
    }
    if let Some(address) = ctx.client.address {
        ctx.push_op(Op::FindBan(address), OpPurpose::Ban);
    }
}

/// Reject a client that is banned.
pub(crate) fn reject_banned(ctx: &mut RequestContext<'_>, _until: Timestamp) -> CheckResult {
    let client = ctx.client_name();
    let reason = format!("Banned IP attempted access: {client}");
    let action = ctx.action(Check::IpBan);
    let metadata = [("ip_address", client.into()), ("filter_type", "banned".into())];
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::IpBan, 403, "IP address banned"))
}

impl BanRules {
    /// Add one strike for `reason`, counted for its class and for the total. It leads to a ban only if `ban` is set. The
    /// thresholds of other classes are added with no points, so that a ban resets their counters too.
    pub(crate) fn strike(
        &self,
        batch: &mut Batch,
        ctx: &RequestContext<'_>,
        reason: StrikeReason,
        ban: bool,
    ) {
        self.strike_subject(batch, ctx.subject, ctx.network().filter(|_| ban), reason);
    }

    /// [`BanRules::strike`] against `subject`; bans `network` if it is set.
    pub(crate) fn strike_subject(
        &self,
        batch: &mut Batch,
        subject: Subject,
        network: Option<IpNet>,
        reason: StrikeReason,
    ) {
        let target = network.filter(|target| self.enabled && self.may_ban(*target));
        let (own, others) = (self.of(reason, true), self.of(reason, false));
        let struck = own.chain([&self.total]).map(|threshold| (threshold, 1));
        let reset = others.map(|threshold| (threshold, 0)).filter(|_| target.is_some());
        for (threshold, points) in struck.chain(reset) {
            let target = target.filter(|_| points > 0);
            let then = target.map_or(Consequence::None, |target| Consequence::Ban(target, threshold.term));
            let key = Key { scope: Scope::Strikes, rule: threshold.rule, subject };
            batch.push(Op::Strike { key, quota: threshold.quota, points, then });
        }
    }
}

/// The consequence of the strikes of a finding.
pub(crate) struct StrikeOutcome {
    pub(crate) until: Option<Timestamp>,
    pub(crate) points: u32,
    pub(crate) ban_rejected: bool,
}

/// Read the replies to the strikes for one reason.
pub(crate) fn strike_outcome(replies: &[Reply]) -> StrikeOutcome {
    let mut outcome = StrikeOutcome { until: None, points: 0, ban_rejected: false };
    for reply in replies {
        match reply {
            Reply::Banned(until) => outcome.until = outcome.until.max(Some(*until)),
            Reply::BanRejected => outcome.ban_rejected = true,
            Reply::Count(count) => outcome.points = outcome.points.max(count.used),
            Reply::Clear | Reply::Throttled(_) => {}
        }
    }
    outcome
}
