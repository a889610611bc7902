//! The order of the checks, as data.
//!
//! Three lists: the stages before the batch, the stages that fill it, and the stages after admission. One loop runs a
//! list. Fields of a stage define whether preflights, excluded paths, bypasses and the lack of a feature skip it.
//! `docs/architecture.md` contains the table that [`order_table`] writes from the lists.

use alloc::string::String;
use core::fmt::Write as _;

use crate::behaviour;
use crate::check::{
    access, auth, ban, content, cors, custom, emergency, excluded, headers, hours, identity, network, rate,
    referrer, site, suspicious, trap, user_agent,
};
use crate::checks::Check;
use crate::config::policy::Bypass;
use crate::request::context::RequestContext;
use crate::request::flow::{CheckResult, Flow, StageResult};
use crate::rules::skips::{Feature, SkipSet};

/// One stage of the order.
struct Stage {
    /// The purpose, for the table.
    purpose: &'static str,
    /// The checks that can reject in this stage.
    checks: &'static [Check],
    /// Preflights, excluded paths, bypasses and features that are not configured: the reasons to skip it.
    skipped_by: SkipSet,
    run: Run,
}

/// The function of a stage.
#[derive(Clone, Copy)]
enum Run {
    /// A check that decides at once.
    Check(fn(&mut RequestContext<'_>) -> CheckResult),
    /// A check that can pause for the application or the body.
    Pause(for<'r> fn(&mut RequestContext<'r>) -> StageResult<'r>),
    /// A function that adds ops to the batch.
    Query(fn(&mut RequestContext<'_>)),
}

/// Stages that need only the head, the configuration and the facts in memory.
const BEFORE: [Stage; 10] = [
    check("client and route are known", &[Check::RouteConfig, Check::ClientAddress], identity::check),
    check("excluded paths", &[], excluded::check).needs(Feature::ExcludedPaths),
    check("emergency mode", &[Check::EmergencyMode], emergency::check)
        .needs(Feature::EmergencyMode)
        .not_on_excluded(),
    check("address lists", &[Check::IpSecurity], access::check)
        .needs(Feature::AddressLists)
        .bypassed_by(Bypass::Ip),
    check("countries", &[Check::IpSecurity], network::check_countries)
        .needs(Feature::Countries)
        .bypassed_by(Bypass::Ip),
    check("named lists", &[Check::IpSecurity], network::check_lists)
        .needs(Feature::NamedLists)
        .bypassed_by(Bypass::Ip),
    check("cloud providers", &[Check::CloudProvider], network::check_clouds)
        .needs(Feature::Clouds)
        .bypassed_by(Bypass::Clouds),
    check("served hosts", &[Check::Host], site::check_host).needs(Feature::Hosts).not_on_excluded(),
    check("user agents", &[Check::UserAgent], user_agent::check).needs(Feature::UserAgents).not_on_excluded(),
    check("trap paths", &[Check::Trap], trap::check).needs(Feature::Traps).not_on_excluded(),
];

/// Stages that add ops to the batch. The replies are applied in the same order.
const BATCH: [Stage; 3] = [
    query("bans", &[Check::IpBan], ban::add_ops).bypassed_by(Bypass::IpBan),
    query("throttles and usage rules", &[Check::Behaviour], behaviour::add_ops)
        .needs(Feature::Behaviour)
        .bypassed_by(Bypass::All)
        .on_requests(),
    query("limits", &[Check::RateLimit], rate::add_ops).needs(Feature::Limits).bypassed_by(Bypass::RateLimit),
];

/// Stages after the batch.
const AFTER: [Stage; 12] = [
    check("HTTPS", &[Check::HttpsEnforcement], site::check_https).needs(Feature::Https).on_requests(),
    check("declared size and type of the body", &[Check::RequestSizeContent], content::check_declared)
        .on_requests(),
    check("required headers", &[Check::RequiredHeaders], headers::check)
        .needs(Feature::RequiredHeaders)
        .on_requests(),
    pause("credential", &[Check::Authentication], auth::check).needs(Feature::Credential).on_requests(),
    check("referrer", &[Check::Referrer], referrer::check).needs(Feature::Referrers).on_requests(),
    pause("hooks before inspection", &[Check::CustomValidators], custom::run_before)
        .needs(Feature::HooksBefore)
        .on_requests(),
    check("hours", &[Check::TimeWindow], hours::check).needs(Feature::Hours).on_requests(),
    check("report that detection is off", &[], suspicious::report_disabled)
        .skipped_by(SkipSet::UNSAMPLED)
        .on_requests(),
    pause("attack detection in the head", &[Check::SuspiciousActivity], suspicious::check_head)
        .bypassed_by(Bypass::Penetration)
        .not_on_excluded(),
    pause("preflight reply", &[Check::Cors], cors::reply_to_preflight).needs(Feature::Cors),
    pause(
        "attack detection in the body, its size, honeypot fields",
        &[Check::SuspiciousActivity, Check::RequestSizeContent, Check::Trap],
        content::plan_body,
    )
    .skipped_by(SkipSet::BODILESS)
    .on_requests(),
    pause("hooks after inspection", &[Check::CustomRequest], custom::run_after)
        .needs(Feature::HooksAfter)
        .on_requests(),
];

const fn check(
    purpose: &'static str,
    checks: &'static [Check],
    run: fn(&mut RequestContext<'_>) -> CheckResult,
) -> Stage {
    Stage::new(purpose, checks, Run::Check(run))
}

const fn pause(
    purpose: &'static str,
    checks: &'static [Check],
    run: for<'r> fn(&mut RequestContext<'r>) -> StageResult<'r>,
) -> Stage {
    Stage::new(purpose, checks, Run::Pause(run))
}

const fn query(purpose: &'static str, checks: &'static [Check], run: fn(&mut RequestContext<'_>)) -> Stage {
    Stage::new(purpose, checks, Run::Query(run))
}

impl Stage {
    const fn new(purpose: &'static str, checks: &'static [Check], run: Run) -> Self {
        Self { purpose, checks, skipped_by: SkipSet::NONE, run }
    }

    const fn needs(self, feature: Feature) -> Self {
        self.skipped_by(SkipSet::without(feature))
    }

    const fn not_on_preflight(self) -> Self {
        self.skipped_by(SkipSet::PREFLIGHT)
    }

    const fn not_on_excluded(self) -> Self {
        self.skipped_by(SkipSet::EXCLUDED)
    }

    /// Neither on preflights nor on excluded paths.
    const fn on_requests(self) -> Self {
        self.not_on_preflight().not_on_excluded()
    }

    const fn bypassed_by(self, bypass: Bypass) -> Self {
        self.skipped_by(SkipSet::bypass(bypass))
    }

    const fn skipped_by(self, skips: SkipSet) -> Self {
        Self { skipped_by: self.skipped_by.with(skips), ..self }
    }
}

/// Run the stages before the batch, and fill it.
pub(super) fn before<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    run(&BEFORE, ctx)?;
    ctx.stage = 0;
    let flow = run(&BATCH, ctx)?;
    ctx.stage = 0;
    Ok(flow)
}

/// Run the stages after the batch, from the one that paused, or from the first. [`Flow::Continue`] after the last one.
pub(super) fn after<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    run(&AFTER, ctx)
}

/// Run the stages after the one that paused.
pub(super) fn next<'r>(ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    ctx.stage += 1;
    after(ctx)
}

/// Run stages until one rejects or pauses.
fn run<'r>(stages: &[Stage], ctx: &mut RequestContext<'r>) -> StageResult<'r> {
    while let Some(stage) = stages.get(ctx.stage) {
        if !stage.skipped_by.intersects(ctx.skips) {
            match stage.run {
                Run::Check(check) => check(ctx)?,
                Run::Query(query) => query(ctx),
                Run::Pause(check) => match check(ctx)? {
                    Flow::Continue => {}
                    pause => return Ok(pause),
                },
            }
        }
        ctx.stage += 1;
    }
    Ok(Flow::Continue)
}

/// The order of the checks as a table in Markdown, for the documentation.
#[must_use]
pub fn order_table() -> String {
    let mut table = String::from(
        "| stage | checks | on preflights | on excluded paths | bypassed by |\n|---|---|---|---|---|\n",
    );
    let batch = "the one batch to the store";
    for (title, stages) in [("before the batch", &BEFORE[..]), (batch, &BATCH), ("after the batch", &AFTER)] {
        let _ = writeln!(table, "| **{title}** | | | | |");
        for stage in stages {
            let yes = |runs| if runs { "yes" } else { "no" };
            let checks = stage.checks.iter().map(|check| alloc::format!("`{}`", check.name()));
            let checks = checks.collect::<alloc::vec::Vec<_>>().join(", ");
            let runs_on = |skips| yes(!stage.skipped_by.intersects(skips));
            let bypass = Bypass::ALL.iter().find(|by| stage.skipped_by.intersects(SkipSet::bypass(**by)));
            let bypass = bypass.map_or(String::new(), |by| alloc::format!("`{}`", by.name()));
            let (preflight, excluded) = (runs_on(SkipSet::PREFLIGHT), runs_on(SkipSet::EXCLUDED));
            let _ = writeln!(table, "| {} | {checks} | {preflight} | {excluded} | {bypass} |", stage.purpose);
        }
    }
    table
}
