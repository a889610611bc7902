//! The engine: an immutable, compiled configuration, and the order of the checks.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::body::kind::Claim;
use crate::case::{Case, Objection, Refused};
use crate::check::access::Lists;
use crate::check::ban::BanRules;
use crate::check::content::{BodyRules, Reading};
use crate::check::rate::{Limits, Tier, seconds};
use crate::check::suspicious::DetectRules;
use crate::check::{access, ban, content, identity, rate, suspicious};
use crate::client::Proxies;
use crate::config::{Config, ConfigErrors, OnUnavailable, RateFields, Unknown};
use crate::detect::{ClassSet, Exclusions};
use crate::event::EventKind;
use crate::head::Head;
use crate::policy::{BodyRule, PolicyHandle, RoutePolicy, Verification};
use crate::respond::{ErrorBodies, SecurityHeaders, rate_fields};
use crate::scratch::Scratch;
use crate::state::{Replies, Reply, Unavailable};
use crate::step::{Admitted, NeedBody, NeedHook, NeedPunish, NeedState, NeedVerify, Step};
use crate::time::Timestamp;
use crate::verdict::{Check, Denial, RateState, Ticket};

/// A compiled configuration with its route policies. Immutable: a reload builds another one, and a request keeps the one
/// it began with.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) rules: Arc<Rules>,
    policies: Vec<Arc<Policy>>,
}

/// The compiled configuration.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) config: Config,
    pub(crate) passive: bool,
    pub(crate) proxies: Proxies,
    pub(crate) ipv6_prefix: u8,
    pub(crate) on_unknown: Unknown,
    pub(crate) lists: Lists,
    pub(crate) limits: Limits,
    pub(crate) ban: BanRules,
    pub(crate) detect: DetectRules,
    pub(crate) body: BodyRules,
    pub(crate) headers: SecurityHeaders,
    pub(crate) errors: ErrorBodies,
}

/// A compiled route policy.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) source: RoutePolicy,
    pub(crate) lists: Lists,
    pub(crate) rates: Vec<Tier>,
    pub(crate) bypass: Vec<Check>,
    pub(crate) detect: Option<bool>,
    pub(crate) classes: Option<ClassSet>,
    pub(crate) exclusions: Exclusions,
    pub(crate) body: Option<BodyRule>,
    pub(crate) verify: Option<Verification>,
    pub(crate) hooks: Vec<String>,
}

/// What the response phase adds to a response.
#[derive(Debug)]
pub struct ResponseHeaders<'e> {
    security: &'e [(HeaderName, HeaderValue)],
    rate: Option<RateState>,
}

impl ResponseHeaders<'_> {
    /// Call `set` with each header; it replaces what the application sent.
    pub fn apply(&self, mut set: impl FnMut(&HeaderName, HeaderValue)) {
        for (name, value) in self.security {
            set(name, value.clone());
        }
        for (name, value) in self.rate.into_iter().flat_map(rate_fields) {
            set(&name, value);
        }
    }
}

impl Engine {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), policies: Vec::new() }
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
            let mut errors = ConfigErrors::default();
            errors.push(
                alloc::format!("policy `{name}`"),
                "is registered with other content; choose another name",
            );
            return errors.into_result((self.clone(), handle));
        }
        let compiled = Policy::compile(name, policy, &self.rules)?;
        let mut engine = self.clone();
        engine.policies.push(Arc::new(compiled));
        let index = self.policies.len() as u16;
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

    pub(crate) fn policy(&self, handle: PolicyHandle) -> Option<&Policy> {
        let policy = self.policies.get(usize::from(handle.index))?;
        (name_tag(&policy.name) == handle.name).then_some(policy)
    }

    /// The name of a policy.
    #[must_use]
    pub fn policy_name(&self, handle: PolicyHandle) -> Option<&str> {
        self.policy(handle).map(|policy| policy.name.as_str())
    }

    /// Whether a request under this policy may have to ask the application: a verifier or a hook.
    #[must_use]
    pub fn asks_application(&self, policy: Option<PolicyHandle>) -> bool {
        let policy = policy.and_then(|handle| self.policy(handle));
        policy.is_some_and(|policy| policy.verify.is_some() || !policy.hooks.is_empty())
    }

    /// Begin a request: who asks, whether they may ask at all, and what has to be known about them.
    pub fn begin<'r>(&'r self, head: Head<'r>, now: Timestamp, scratch: &'r mut Scratch) -> Step<'r> {
        let mut case = Case::new(self, head, now, scratch);
        if let Err(refused) = screen(&mut case) {
            return Step::Done(case.refuse(refused));
        }
        ban::ask(&mut case);
        rate::ask(&mut case);
        if case.scratch.batch.ops().is_empty() {
            return Step::Admitted(verify(case));
        }
        Step::State(NeedState { case })
    }

    /// Finish a request that was admitted: what to set on the response that the application made.
    #[must_use]
    pub fn respond(&self, ticket: &Ticket) -> ResponseHeaders<'_> {
        let rate = ticket.rate.filter(|_| self.rules.limits.fields == RateFields::Always);
        ResponseHeaders { security: self.rules.headers.of(ticket.secure), rate }
    }

    /// The refusal for a driver that cannot carry a request to its verdict: 503.
    #[must_use]
    pub fn unable(&self) -> Denial {
        let objection = Objection::new(Check::State, 503, "Service temporarily unavailable");
        self.rules.refusal(&objection, false, None)
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

/// Checks that need nothing but the head and the configuration.
fn screen(case: &mut Case<'_>) -> Result<(), Refused> {
    identity::check(case)?;
    access::check(case)
}

/// Judge what the store said, in the order in which it was asked; the first refusal decides.
pub(crate) fn admit<'r>(mut case: Case<'r>, answer: Result<Replies, Unavailable>) -> Admitted<'r> {
    let judged = match answer {
        // A store that leaves an op unanswered has not answered: no check may be skipped.
        Ok(replies) if replies.len() == case.scratch.batch.ops().len() => judge(&mut case, &replies),
        Ok(_) | Err(Unavailable) => unavailable(&mut case),
    };
    match judged {
        Ok(()) => verify(case),
        Err(refused) => Admitted::Done(case.refuse(refused)),
    }
}

fn judge(case: &mut Case<'_>, replies: &Replies) -> Result<(), Refused> {
    let mut limit = 0;
    for reply in replies {
        match *reply {
            Reply::Banned(until) => ban::judge(case, until)?,
            Reply::Count(count) => {
                rate::judge(case, limit, count)?;
                limit += 1;
            }
            Reply::Clear | Reply::BanRefused => {}
        }
    }
    Ok(())
}

fn unavailable(case: &mut Case<'_>) -> Result<(), Refused> {
    case.record.store_unavailable = true;
    if case.on_unavailable() != OnUnavailable::Deny {
        return Ok(());
    }
    let action = case.action();
    let reason = String::from("the state store did not answer");
    case.event(EventKind::RedisError, action, "redis", reason, [("error_type", "operation_error".into())]);
    let mut objection = Objection::new(Check::State, 503, "Service temporarily unavailable");
    objection.retry_after = Some(Duration::from_secs(5));
    case.object(objection)
}

/// Ask the application about a credential, where the route wants one.
fn verify(mut case: Case<'_>) -> Admitted<'_> {
    // A browser sends preflights without credentials.
    let policy = case.policy.filter(|_| !case.known.preflight);
    let Some(verification) = policy.and_then(|policy| policy.verify.as_ref()) else { return inspect(case) };
    match NeedVerify::credential(&case, &verification.credential) {
        Some(credential) => Admitted::Verify(NeedVerify { case, credential }),
        None => match crate::step::unauthenticated(&mut case, "Missing credential") {
            Ok(()) => inspect(case),
            Err(refused) => Admitted::Done(case.refuse(refused)),
        },
    }
}

/// Look for attacks in the head, then see about the body.
pub(crate) fn inspect(mut case: Case<'_>) -> Admitted<'_> {
    if !suspicious::applies(&case) {
        return hook(case);
    }
    match suspicious::inspect_head(&mut case) {
        Some(finding) => found(case, finding, inspect_body),
        None => inspect_body(case),
    }
}

/// See about the body.
fn inspect_body(mut case: Case<'_>) -> Admitted<'_> {
    let claim = Claim::of(&case.known);
    match content::check(&mut case, &claim) {
        Err(refused) => Admitted::Done(case.refuse(refused)),
        Ok(Reading::Through) => hook(case),
        Ok(Reading::Read { limit, whole }) => Admitted::Body(NeedBody::new(case, claim, limit, whole)),
    }
}

/// An attack: in passive mode noted before `next`, else charged to the client before it is refused.
pub(crate) fn found<'r>(
    mut case: Case<'r>,
    finding: crate::detect::Finding,
    next: fn(Case<'r>) -> Admitted<'r>,
) -> Admitted<'r> {
    if case.passive() {
        suspicious::note(&mut case, finding);
        return next(case);
    }
    suspicious::charge(&mut case, &finding);
    case.finding = Some(alloc::boxed::Box::new(finding));
    Admitted::Punish(NeedPunish { case })
}

/// Ask the next hook of the route, if there is one.
pub(crate) fn hook(case: Case<'_>) -> Admitted<'_> {
    match case.policy.and_then(|policy| policy.hooks.get(case.hooks_asked)) {
        Some(name) => Admitted::Hook(NeedHook { name, case }),
        None => Admitted::Done(case.allow()),
    }
}

impl Rules {
    /// The response that refuses a request.
    pub(crate) fn refusal(&self, objection: &Objection, secure: bool, rate: Option<RateState>) -> Denial {
        let body = self.errors.body(objection.status, &objection.body);
        let reference_header = self.errors.reference_header.clone();
        let mut denial = Denial::new(objection.check, objection.status, body, reference_header);
        denial.headers.push((http::header::CONTENT_TYPE, self.errors.content_type.clone()));
        denial.headers.extend(self.headers.of(secure).iter().cloned());
        if let Some(after) = objection.retry_after {
            denial.headers.push((http::header::RETRY_AFTER, HeaderValue::from(seconds(after).max(1))));
        }
        let fields = match self.limits.fields {
            RateFields::Always => true,
            RateFields::Denied => objection.check == Check::RateLimit,
            RateFields::Never => false,
        };
        denial.headers.extend(rate.filter(|_| fields).into_iter().flat_map(rate_fields));
        denial
    }
}
