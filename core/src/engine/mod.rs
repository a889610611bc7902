//! The engine: an immutable, compiled configuration, and the order of the checks.

pub(crate) mod step;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::behaviour::{self, RuleSet};
use crate::body::kind::DeclaredBody;
use crate::check::access::Lists;
use crate::check::auth::{self, Authentication};
use crate::check::ban::BanRules;
use crate::check::content::{BodyRules, ReadMode};
use crate::check::hours::Hours;
use crate::check::network::NetworkRules;
use crate::check::rate::{Limits, Tier};
use crate::check::site::SiteRules;
use crate::check::suspicious::DetectRules;
use crate::check::user_agent::UserAgents;
use crate::check::{
    access, ban, content, emergency, excluded, headers, hours, identity, network, rate, referrer, site,
    suspicious, trap, user_agent,
};
use crate::compat::rules::RuleProvenance;
use crate::config::policy::{Bypass, PolicyHandle, RoutePolicy};
use crate::config::{Config, ConfigErrors, OnUnavailable, OnUnknownClient};
use crate::detect::ClassSet;
use crate::detect::Exclusions;
use crate::engine::step::{BodyPlan, Flow, NeedState, Next, NextStep, Step};
use crate::event::{EventKind, KindSet};
use crate::request::client::Proxies;
use crate::request::context::{Refusal, RejectionDraft, RequestContext};
use crate::request::head::Head;
use crate::request::redact::Redact;
use crate::request::scratch::{OpPurpose, Scratch};
use crate::respond::{self, Cors, ErrorBodies, SecurityHeaders};
use crate::state::{Replies, Reply, Unavailable};
use crate::time::Timestamp;
use crate::verdict::{Check, CheckSet, Verdict};

/// A compiled configuration with its route policies. Immutable: a reload builds another one, and a request keeps the one
/// it began with.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) rules: Arc<Rules>,
    policies: Vec<Arc<Policy>>,
    /// Policies of `[[route]]`, sorted by pattern.
    routes: Arc<[(String, Policy)]>,
    /// The dynamic rules that the configuration is under.
    pub(crate) trace: Option<Arc<RuleProvenance>>,
}

/// The compiled configuration.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) config: Config,
    pub(crate) passive: bool,
    /// Checks that report and refuse nothing.
    pub(crate) shadow: CheckSet,
    pub(crate) events: KindSet,
    pub(crate) proxies: Proxies,
    pub(crate) ipv6_prefix: u8,
    pub(crate) on_unknown: OnUnknownClient,
    pub(crate) emergency: crate::net::IpSet,
    pub(crate) lists: Lists,
    pub(crate) network: NetworkRules,
    pub(crate) site: SiteRules,
    pub(crate) agents: UserAgents,
    pub(crate) traps: trap::Traps,
    pub(crate) excluded: excluded::ExcludedPaths,
    pub(crate) limits: Limits,
    pub(crate) behaviour: RuleSet,
    pub(crate) ban: BanRules,
    pub(crate) detect: DetectRules,
    pub(crate) body: BodyRules,
    pub(crate) headers: SecurityHeaders,
    pub(crate) cors: Option<Cors>,
    pub(crate) errors: ErrorBodies,
}

/// A compiled route policy.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) source: RoutePolicy,
    pub(crate) lists: Lists,
    pub(crate) network: NetworkRules,
    pub(crate) agents: UserAgents,
    pub(crate) rates: Vec<Tier>,
    pub(crate) behaviour: RuleSet,
    pub(crate) auth: Option<Authentication>,
    pub(crate) headers: headers::HeaderRequirements,
    pub(crate) referrers: referrer::Referrers,
    pub(crate) media: content::MediaRanges,
    pub(crate) country_rates: rate::CountryRates,
    pub(crate) hours: Hours,
    pub(crate) classes: Option<ClassSet>,
    pub(crate) exclusions: Exclusions,
}

impl Engine {
    /// Writes requests without their secrets, the names of `detect.sensitive` included.
    #[must_use]
    pub fn redact(&self) -> Redact<'_> {
        Redact::new(&self.rules.detect.sensitive)
    }

    /// The policies of `[[route]]`, sorted by pattern.
    pub(crate) fn with_routes(mut self, mut routes: Vec<(String, Policy)>) -> Self {
        routes.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.routes = routes.into();
        self
    }

    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), policies: Vec::new(), routes: Arc::new([]), trace: None }
    }

    /// The configuration this engine was compiled from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.rules.config
    }

    /// This engine with one more route policy. The same name with the same content gives the handle it already has.
    ///
    /// # Errors
    /// Every problem of the policy, and a name that is taken by another content.
    pub fn with_policy(
        &self,
        name: &str,
        policy: &RoutePolicy,
    ) -> Result<(Self, PolicyHandle), ConfigErrors> {
        if let Some(index) = self.policies.iter().position(|known| known.name == name) {
            let handle = PolicyHandle { index: index as u16, name: name_tag(name) };
            if self.policies[index].source == *policy {
                return Ok((self.clone(), handle));
            }
            let problem = "is registered with other content; choose another name";
            return Err(ConfigErrors::one(alloc::format!("policy `{name}`"), problem));
        }
        let compiled = Policy::compile(name, policy, &self.rules)?;
        let index = self.policies.len() as u16;
        if self.policies.len() >= usize::from(OF_CONFIGURATION) {
            let problem = alloc::format!("is one more than the {OF_CONFIGURATION} that there can be");
            return Err(ConfigErrors::one(alloc::format!("policy `{name}`"), problem));
        }
        let mut engine = self.clone();
        engine.policies.push(Arc::new(compiled));
        Ok((engine, PolicyHandle { index, name: name_tag(name) }))
    }

    /// An engine with another configuration and the same policies, under the same handles.
    ///
    /// # Errors
    /// Every problem of the configuration, and of the policies under it; then this engine is still the one to use.
    pub fn recompile(&self, config: Config) -> Result<Self, ConfigErrors> {
        let mut engine = config.compile()?;
        for policy in &self.policies {
            (engine, _) = engine.with_policy(&policy.name, &policy.source)?;
        }
        Ok(engine)
    }

    /// The registered policies: names, in the order of their handles.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|policy| policy.name.as_str())
    }

    /// The policies of all routes, wherever they were written.
    pub(crate) fn all_policies(&self) -> impl Iterator<Item = &RoutePolicy> {
        let configured = self.routes.iter().map(|(_, policy)| &policy.source);
        self.policies.iter().map(|policy| &policy.source).chain(configured)
    }

    /// The patterns of `[[route]]`.
    pub fn route_patterns(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// The policy for a route that was given none in code: that of `[[route]]` with its pattern.
    #[must_use]
    pub fn policy_of_route(&self, pattern: &str) -> Option<PolicyHandle> {
        let index = self.routes.binary_search_by(|(known, _)| known.as_str().cmp(pattern)).ok()?;
        Some(PolicyHandle { index: index as u16 | OF_CONFIGURATION, name: name_tag(pattern) })
    }

    /// The policy that a request is under: that of its route in code, else that of `[[route]]`.
    pub(crate) fn policy_for(&self, head: &Head<'_>) -> Option<PolicyHandle> {
        head.policy.or_else(|| self.policy_of_route(head.route?))
    }

    pub(crate) fn policy(&self, handle: PolicyHandle) -> Option<&Policy> {
        let index = usize::from(handle.index & !OF_CONFIGURATION);
        let policy = match handle.index & OF_CONFIGURATION {
            0 => self.policies.get(index)?,
            _ => &self.routes.get(index)?.1,
        };
        (name_tag(&policy.name) == handle.name).then_some(policy)
    }

    /// The name of a policy; of one under `[[route]]`, its pattern.
    #[must_use]
    pub fn policy_name(&self, handle: PolicyHandle) -> Option<&str> {
        self.policy(handle).map(|policy| policy.name.as_str())
    }

    /// Whether the application may have to be asked about this request: a verifier or a hook, of the configuration or of
    /// the policy that the request is under.
    #[must_use]
    pub fn needs_application(&self, head: &Head<'_>) -> bool {
        let policy = self.policy_for(head).and_then(|handle| self.policy(handle));
        let hooks = &self.rules.config.hooks;
        !hooks.before.is_empty()
            || !hooks.after.is_empty()
            || policy.is_some_and(|policy| {
                policy.auth.as_ref().is_some_and(|auth| auth.verifier.is_some())
                    || !policy.source.validators.is_empty()
                    || !policy.source.hooks.is_empty()
            })
    }

    /// Begin a request: who asks, whether they may ask at all, and what has to be known about them.
    pub fn begin<'r>(&'r self, head: Head<'r>, now: Timestamp, scratch: &'r mut Scratch) -> Step<'r> {
        let mut ctx = RequestContext::new(self, head, now, scratch);
        if ctx.bypasses(Bypass::All) && !ctx.passive() {
            return Step::Continue(NextStep::Done(wave_through(ctx)));
        }
        if let Err(refused) = screen(&mut ctx) {
            return Step::Done(ctx.refuse(refused));
        }
        ban::ask(&mut ctx);
        behaviour::ask(&mut ctx);
        rate::ask(&mut ctx);
        if ctx.scratch.batch.ops().is_empty() {
            let flow = examine(&mut ctx);
            return Step::Continue(ctx.follow(flow));
        }
        Step::State(NeedState { ctx })
    }

    /// Whether `network` may be banned: not the machine itself and not a trusted proxy.
    #[must_use]
    pub fn may_ban(&self, network: ipnet::IpNet) -> bool {
        self.rules.ban.may_ban(network)
    }
}

/// A few bits of a policy's name, by which a handle of another guard is told.
fn name_tag(name: &str) -> u32 {
    // FNV-1a: cheap enough for every request, and nobody attacks it.
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The bits of a handle's index: policies of `[[route]]` have one of their own.
const OF_CONFIGURATION: u16 = 1 << 15;

/// A route that does without all checks.
fn wave_through(mut ctx: RequestContext<'_>) -> Verdict {
    if ctx.head.sample_info_events {
        let reason = String::from("Route configured to bypass all security checks");
        let metadata =
            [("bypassed_checks", alloc::vec![String::from("all")].into()), ("endpoint", ctx.path().into())];
        ctx.event(EventKind::SecurityBypass, "all_checks_bypassed", "middleware", reason, metadata);
    }
    ctx.bypass_all = true;
    ctx.allow()
}

/// Checks that need nothing but the head, the configuration and facts in memory.
fn screen(ctx: &mut RequestContext<'_>) -> Result<(), Refusal> {
    identity::check(ctx)?;
    excluded::check(ctx);
    emergency::check(ctx)?;
    access::check(ctx)?;
    network::check(ctx)?;
    if ctx.excluded {
        return Ok(());
    }
    site::check_host(ctx)?;
    user_agent::check(ctx)?;
    trap::check(ctx)
}

/// Judge what the store said, in the order in which it was asked; the first refusal decides.
pub(crate) fn admit<'r>(ctx: &mut RequestContext<'r>, answer: &Result<Replies, Unavailable>) -> Flow<'r> {
    match answer {
        // A store that leaves an op unanswered has not answered: no check may be skipped.
        Ok(replies) if replies.len() == ctx.scratch.batch.ops().len() => judge(ctx, replies)?,
        Ok(_) | Err(Unavailable) => unavailable(ctx)?,
    }
    examine(ctx)
}

fn judge(ctx: &mut RequestContext<'_>, replies: &Replies) -> Result<(), Refusal> {
    let mut judged = Ok(());
    for (index, reply) in replies.iter().enumerate() {
        let Some(question) = ctx.scratch.purposes.get(index) else { break };
        match (*question, *reply) {
            // All ops have taken effect: what followed from a strike is told even where another refusal came first.
            (OpPurpose::Usage(place, index), reply) => {
                let told = judged.is_err();
                let usage = behaviour::judge_usage(ctx, place, index, reply, told);
                judged = judged.and(usage);
            }
            _ if judged.is_err() => {}
            (OpPurpose::Ban, Reply::Banned(until)) => judged = ban::judge(ctx, until),
            (OpPurpose::Throttle, Reply::Count(count)) => judged = behaviour::apply_throttle(ctx, count),
            (OpPurpose::Strikes, Reply::Count(count)) => ctx.has_strikes = count.used > 0,
            (OpPurpose::Tier(name), Reply::Count(count)) => judged = rate::judge(ctx, name, count),
            (OpPurpose::Outcome(name), Reply::Count(count)) => judged = rate::judge_outcome(ctx, name, count),
            _ => {}
        }
    }
    judged
}

fn unavailable(ctx: &mut RequestContext<'_>) -> Result<(), Refusal> {
    ctx.record.store_unavailable = true;
    if ctx.on_unavailable() != OnUnavailable::Deny {
        return Ok(());
    }
    let action = ctx.action(Check::State);
    let reason = String::from("the state store did not answer");
    ctx.event(EventKind::RedisError, action, "redis", reason, [("error_type", "operation_error".into())]);
    let mut objection = RejectionDraft::new(Check::State, 503, "Service temporarily unavailable");
    objection.retry_after = Some(Duration::from_secs(5));
    ctx.reject(objection)
}

/// What the head says about the request itself, then credentials.
fn examine<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    if ctx.known.preflight {
        return answer(ctx);
    }
    if ctx.excluded {
        return Ok(Next::Allow);
    }
    site::check_https(ctx)?;
    content::check_claim(ctx)?;
    headers::check(ctx)?;
    auth::check(ctx)
}

/// Where an authenticated request comes from, then the application's own checks.
pub(crate) fn vouch<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    referrer::check(ctx)?;
    consult(ctx)
}

/// Ask the next hook that is to be asked before inspection, if there is one.
pub(crate) fn consult<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    if let Some(name) = ctx.next_hook(When::Before) {
        return Ok(Next::Hook(name, When::Before));
    }
    ctx.hooks_asked = 0;
    hours::check(ctx)?;
    inspect(ctx)
}

/// When a hook is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Before the request is inspected.
    Before,
    /// After every other check.
    After,
}

/// Look for attacks in the head, then see about the body.
fn inspect<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    if !suspicious::applies(ctx) {
        suspicious::note_switched_off(ctx);
        return if ctx.traps().is_empty() { measure(ctx) } else { inspect_body(ctx) };
    }
    match suspicious::inspect_head(ctx) {
        Some(finding) => found(ctx, finding, inspect_body),
        None => inspect_body(ctx),
    }
}

/// Look for attacks in the head of a preflight, then answer it: neither its body nor the application has a part in it.
fn answer<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    let inspects = !ctx.excluded && suspicious::applies(ctx);
    let finding = if inspects { suspicious::inspect_head(ctx) } else { None };
    match finding {
        Some(finding) => found(ctx, finding, respond::preflight),
        None => respond::preflight(ctx),
    }
}

/// See about the body.
fn inspect_body<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    let claim = DeclaredBody::of(&ctx.known);
    match content::check(ctx, &claim)? {
        ReadMode::Through => measure(ctx),
        ReadMode::Read { limit, whole } => {
            let most = content::unmeasured(ctx);
            Ok(Next::Body(BodyPlan { claim, limit, whole, most, inspects: true }))
        }
    }
}

/// See that a body that nobody inspects and that does not say its length is not longer than it may be.
fn measure<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    match content::unmeasured(ctx) {
        None => hook(ctx),
        most => {
            let claim = DeclaredBody::of(&ctx.known);
            Ok(Next::Body(BodyPlan { claim, limit: 0, whole: false, most, inspects: false }))
        }
    }
}

/// An attack: in passive mode noted before `next`, else charged to the client before it is refused.
pub(crate) fn found<'r>(
    ctx: &mut RequestContext<'r>,
    finding: alloc::boxed::Box<crate::detect::Finding>,
    next: fn(&mut RequestContext<'r>) -> Flow<'r>,
) -> Flow<'r> {
    if ctx.is_report_only(Check::SuspiciousActivity) {
        suspicious::note(ctx, finding);
        return next(ctx);
    }
    suspicious::charge(ctx, &finding);
    ctx.finding = Some(finding);
    Ok(Next::Punish)
}

/// Ask the next hook that is to be asked last, if there is one.
pub(crate) fn hook<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    Ok(ctx.next_hook(When::After).map_or(Next::Allow, |name| Next::Hook(name, When::After)))
}
