//! Bans: the look-up that every request starts with, and the points that lead to one.

use alloc::format;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use arrayvec::ArrayVec;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::config::policy::Bypass;
use crate::config::{Config, OnUnavailable};
use crate::detect::Class;
use crate::event::EventKind;
use crate::net::Cidr;
use crate::request::context::{Refusal, RejectionDraft, RequestContext};
use crate::request::scratch::OpPurpose;
use crate::state::{Batch, Consequence, Key, Op, Quota, Reply, Scope, Subject};
use crate::time::Timestamp;
use crate::verdict::Check;

/// Points for attacks, compiled.
#[derive(Debug)]
pub(crate) struct BanRules {
    pub(crate) enabled: bool,
    pub(crate) total: Threshold,
    /// Thresholds of single classes, by class.
    pub(crate) classes: ArrayVec<(StrikeReason, Threshold), MAX_CLASSES>,
    pub(crate) on_unavailable: OnUnavailable,
    /// Networks that are never banned: the proxies, without which nobody gets in.
    pub(crate) spared: alloc::vec::Vec<Cidr>,
}

/// What earns points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrikeReason {
    Attack(Class),
    RateLimit,
    Authentication,
}

/// Thresholds of single classes: a ban settles them all, in one batch with the total.
pub(crate) const MAX_CLASSES: usize = 12;
const _: () = assert!(MAX_CLASSES < crate::state::MAX_OPS, "the strikes of one offence are one batch");

impl StrikeReason {
    /// Everything that earns points.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Class::ALL.into_iter().map(Self::Attack).chain([Self::RateLimit, Self::Authentication])
    }

    /// The reason of this name; a class may have an alias.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let class = Class::named(name).map(Self::Attack);
        class.or_else(|| Self::all().find(|reason| reason.name() == name))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Attack(class) => class.name(),
            Self::RateLimit => "rate_limit",
            Self::Authentication => "authentication",
        }
    }
}

/// So many points in a window earn a ban.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) rule: u64,
    pub(crate) quota: Quota,
    pub(crate) term: Duration,
}

/// Ask whether the client is banned.
pub(crate) fn ask(ctx: &mut RequestContext<'_>) {
    // In a lock-down nobody is beyond a look-up.
    let trusted = ctx.allowlisted && !ctx.engine.rules.config.emergency.enabled;
    if trusted || ctx.bypasses(Bypass::IpBan) {
        return;
    }
    if let Some(address) = ctx.client.address {
        ctx.ask(Op::Banned(address), OpPurpose::Ban);
    }
}

/// Object to a client that is banned.
pub(crate) fn judge(ctx: &mut RequestContext<'_>, _until: Timestamp) -> Result<(), Refusal> {
    let client = ctx.client_name();
    let reason = format!("Banned IP attempted access: {client}");
    let action = ctx.action(Check::IpBan);
    let metadata = [("ip_address", client.into()), ("filter_type", "banned".into())];
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(Check::IpBan, 403, "IP address banned"))
}

impl BanRules {
    /// The thresholds of `config`; the caller has checked their ranges.
    pub(crate) fn threshold(config: &Config, name: &str, points: u32, term: Duration) -> Threshold {
        let limit = core::num::NonZeroU32::new(points).unwrap_or(core::num::NonZeroU32::MIN);
        Threshold { rule: Key::rule_of(name), quota: Quota::new(limit, config.ban.window.0), term }
    }

    /// Whether `target` may be banned. The machine itself and the proxies may not: that would lock everybody out.
    pub(crate) fn may_ban(&self, target: IpNet) -> bool {
        let target = Cidr::from(target);
        !self.spared.iter().any(|spared| spared.overlaps(target)) && !is_loopback(target)
    }

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

    /// The thresholds of single classes: that of `offence`, or those of all others.
    fn of(&self, offence: StrikeReason, own: bool) -> impl Iterator<Item = &Threshold> {
        let classes = self.classes.iter().filter(move |(of, _)| (*of == offence) == own);
        classes.map(|(_, threshold)| threshold)
    }
}

fn is_loopback(target: Cidr) -> bool {
    const LOOPBACK: [IpNet; 2] = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8)),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    ];
    LOOPBACK.into_iter().any(|net| Cidr::from(net).overlaps(target))
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
