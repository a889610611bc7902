//! The engine: an immutable, compiled configuration, and the order of the checks.

mod admit;
mod csp;
pub(crate) mod detached;
pub(crate) mod drive;
mod facts;
mod immediate;
mod message;
pub(crate) mod observe;
pub(crate) mod order;
mod respond;
pub(crate) mod step;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::check::bypass;
use crate::checks::Check;
use crate::config::Config;
use crate::config::policy::{BodyRule, PolicyHandle, RoutePolicy};
use crate::detect::Recognisers;
use crate::engine::step::{Conclusion, NeedState, NextStep, Step};
use crate::event::{Event, EventKind};
use crate::redact::Redact;
use crate::request::context::RequestSlot;
use crate::request::head::Head;
use crate::request::scratch::Scratch;
use crate::rules::provenance::RuleProvenance;
use crate::rules::{Policy, Rules, name_tag};
use crate::time::Timestamp;

/// A compiled configuration with its route policies. Immutable: a reload builds a new engine, and a request keeps the
/// engine it began with.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) rules: Arc<Rules>,
    pub(crate) policies: Vec<Arc<Policy>>,
    /// Policies of `[[route]]`, sorted by pattern.
    routes: Arc<[(String, Policy)]>,
    /// The recognisers of the application; `None` if the engine was compiled without them.
    pub(crate) recognisers: Option<Recognisers>,
    /// The dynamic rules that were applied to the configuration.
    pub(crate) provenance: Option<Arc<RuleProvenance>>,
}

impl Engine {
    /// Set the policies of `[[route]]`, and sort them by pattern.
    pub(crate) fn with_routes(mut self, mut routes: Vec<(String, Policy)>) -> Self {
        routes.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.routes = routes.into();
        self
    }

    pub(crate) fn new(rules: Rules, recognisers: Option<Recognisers>) -> Self {
        let (policies, routes) = (Vec::new(), Arc::new([]));
        Self { rules: Arc::new(rules), policies, routes, recognisers, provenance: None }
    }

    /// The configuration this engine was compiled from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.rules.config
    }

    /// The registered policies: names, in the order of their handles.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|policy| policy.name.as_str())
    }

    /// The policies of all routes: those registered in code and those of `[[route]]`.
    pub(crate) fn all_policies(&self) -> impl Iterator<Item = &RoutePolicy> {
        let configured = self.routes.iter().map(|(_, policy)| &policy.source);
        self.policies.iter().map(|policy| &policy.source).chain(configured)
    }

    /// The greatest number of bytes that the configuration and all policies allow to be read of one body before the handler
    /// runs.
    #[must_use]
    pub fn max_body_limit(&self) -> u64 {
        let body = &self.config().body;
        let inspected = body.inspect.then_some(body.limit);
        let of_policy = |policy: &RoutePolicy| {
            let inspected = match policy.body {
                Some(BodyRule::Inspect(limit) | BodyRule::Prefix(limit)) => Some(limit),
                Some(BodyRule::Skip) | None => None,
            };
            inspected.max(policy.max_body)
        };
        let greatest = self.all_policies().filter_map(of_policy).chain(inspected).chain(body.max).max();
        greatest.map_or(0, |size| size.0)
    }

    /// The patterns of `[[route]]`.
    pub fn route_patterns(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// The policy of the `[[route]]` with this pattern, for a route without a policy in code.
    #[must_use]
    pub fn policy_of_route(&self, pattern: &str) -> Option<PolicyHandle> {
        let index = self.routes.binary_search_by(|(known, _)| known.as_str().cmp(pattern)).ok()?;
        Some(PolicyHandle { index: index as u16 | CONFIG_POLICY_BIT, name: name_tag(pattern) })
    }

    /// The policy of a request: that of its route in code, else that of `[[route]]`.
    pub(crate) fn policy_for(&self, head: &Head<'_>) -> Option<PolicyHandle> {
        head.policy.or_else(|| self.policy_of_route(head.route?))
    }

    pub(crate) fn policy(&self, handle: PolicyHandle) -> Option<&Policy> {
        let index = usize::from(handle.index & !CONFIG_POLICY_BIT);
        let policy = match handle.index & CONFIG_POLICY_BIT {
            0 => self.policies.get(index)?,
            _ => &self.routes.get(index)?.1,
        };
        (policy.tag == handle.name).then_some(policy)
    }

    /// The name of a policy; for a policy of `[[route]]`, the pattern.
    #[must_use]
    pub fn policy_name(&self, handle: PolicyHandle) -> Option<&str> {
        self.policy(handle).map(|policy| policy.name.as_str())
    }

    /// Whether a verifier or a hook may run for this request: of the configuration, or of the policy of the request.
    #[must_use]
    pub fn needs_application(&self, head: &Head<'_>) -> bool {
        let policy = self.policy_for(head).and_then(|handle| self.policy(handle));
        let hooks = &self.rules.within(head.outer.is_some()).config.hooks;
        !hooks.before.is_empty()
            || !hooks.after.is_empty()
            || policy.is_some_and(|policy| policy.needs_application)
    }

    /// Begin a request: run the checks that need only the head, and fill the batch. `slot` holds the state of the
    /// request; steps borrow it.
    pub fn begin<'s, 'r>(
        &'r self,
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
        slot: &'s mut RequestSlot<'r>,
    ) -> Step<'s, 'r> {
        if let Some(policy) = head.outer.and_then(|outer| self.adds_nothing(&head, outer)) {
            let ctx = slot.begin(self.rules.within(true), (policy, None), head, now, scratch);
            return Step::Continue(NextStep::allow(ctx));
        }
        let handle = self.policy_for(&head);
        let policy = handle.and_then(|handle| self.policy(handle));
        let rules = self.rules.within(head.outer.is_some());
        let ctx = slot.begin(rules, (handle, policy), head, now, scratch);
        if ctx.bypass_all {
            bypass::report(ctx);
            return Step::Continue(NextStep::allow(ctx));
        }
        match order::before(ctx) {
            Err(rejection) => Step::Done(Conclusion::deny(ctx, rejection)),
            Ok(_) if ctx.scratch.batch.ops().is_empty() => {
                let flow = order::after(ctx);
                Step::Continue(NextStep::new(ctx, flow))
            }
            Ok(_) => Step::State(NeedState { ctx }),
        }
    }

    /// Whether `check` only reports: passive mode, or the check is in shadow.
    #[must_use]
    pub fn is_report_only(&self, check: Check) -> bool {
        self.rules.is_report_only(check)
    }

    /// A writer of requests without secrets, which also masks the names of `detect.sensitive`.
    #[must_use]
    pub fn redact(&self) -> Redact<'_> {
        self.rules.redact()
    }

    /// Whether events of this kind are produced: `events.enabled`, and not `events.muted`.
    #[must_use]
    pub fn reports(&self, kind: EventKind) -> bool {
        self.rules.events.has(kind)
    }

    /// Id and version of the dynamic rules in force, if they explain `event`: they list its address or country, or it
    /// is a rejection by a limit, a cloud provider or a user agent and they set one of these.
    #[must_use]
    pub fn rule_for(&self, event: &Event) -> Option<(&str, i64)> {
        let provenance = self.provenance.as_deref().filter(|provenance| provenance.explains(event))?;
        Some((&provenance.rule_id, provenance.version))
    }

    /// Whether `network` may be banned: it contains neither loopback nor a trusted proxy.
    #[must_use]
    pub fn may_ban(&self, network: ipnet::IpNet) -> bool {
        self.rules.ban.may_ban(network)
    }
}

/// The bit in the index of a handle that marks a policy of `[[route]]`.
pub(crate) const CONFIG_POLICY_BIT: u16 = 1 << 15;
