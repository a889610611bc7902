//! Bans: the look-up that every request starts with, and the points that lead to one.

use alloc::format;

use ipnet::IpNet;

use crate::checks::Check;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::scratch::OpPurpose;
use crate::respond::RejectionDraft;
use crate::rules::ban::{BanRules, StrikeReason};
use crate::state::{Batch, Consequence, Key, Op, Reply, Scope, Subject};
use crate::time::Timestamp;

/// Ask whether the client is banned.
pub(crate) fn add_ops(ctx: &mut RequestContext<'_>) {
    // In a lock-down nobody is beyond a look-up.
    let trusted = ctx.allowlisted && !ctx.rules.config.emergency.enabled;
    if trusted {
        return;
    }
    if let Some(address) = ctx.client.address {
        ctx.push_op(Op::Banned(address), OpPurpose::Ban);
    }
}

/// Object to a client that is banned.
pub(crate) fn judge(ctx: &mut RequestContext<'_>, _until: Timestamp) -> CheckResult {
    let client = ctx.client_name();
    let reason = format!("Banned IP attempted access: {client}");
    let action = ctx.action(Check::IpBan);
    let metadata = [("ip_address", client.into()), ("filter_type", "banned".into())];
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::IpBan, 403, "IP address banned"))
}

impl BanRules {
    /// One strike for `offence`, counted for its class and for the total; bans only when `ban` is set. The thresholds of
    /// other classes come along with no points, so that a ban settles them too.
    pub(crate) fn strike(
        &self,
        batch: &mut Batch,
        ctx: &RequestContext<'_>,
        offence: StrikeReason,
        ban: bool,
    ) {
        self.charge(batch, ctx.subject, ctx.network().filter(|_| ban), offence);
    }

    /// [`BanRules::strike`] against `subject`, banning `network` if there is one.
    pub(crate) fn charge(
        &self,
        batch: &mut Batch,
        subject: Subject,
        network: Option<IpNet>,
        offence: StrikeReason,
    ) {
        let target = network.filter(|target| self.enabled && self.may_ban(*target));
        let (own, others) = (self.of(offence, true), self.of(offence, false));
        let charged = own.chain([&self.total]).map(|threshold| (threshold, 1));
        let settled = others.map(|threshold| (threshold, 0)).filter(|_| target.is_some());
        for (threshold, points) in charged.chain(settled) {
            let target = target.filter(|_| points > 0);
            let then = target.map_or(Consequence::None, |target| Consequence::Ban(target, threshold.term));
            let key = Key { scope: Scope::Strikes, rule: threshold.rule, subject };
            batch.push(Op::Strike { key, quota: threshold.quota, points, then });
        }
    }
}

/// What the strikes of a finding led to.
pub(crate) struct StrikeOutcome {
    pub(crate) until: Option<Timestamp>,
    pub(crate) points: u32,
    pub(crate) refused: bool,
}

/// Read the replies to the strikes of one offence.
pub(crate) fn strike_outcome(replies: &[Reply]) -> StrikeOutcome {
    let mut outcome = StrikeOutcome { until: None, points: 0, refused: false };
    for reply in replies {
        match reply {
            Reply::Banned(until) => outcome.until = outcome.until.max(Some(*until)),
            Reply::BanRefused => outcome.refused = true,
            Reply::Count(count) => outcome.points = outcome.points.max(count.used),
            Reply::Clear | Reply::Throttled(_) => {}
        }
    }
    outcome
}
