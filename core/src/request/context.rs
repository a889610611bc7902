//! The state of one request: the facts derived so far, and the parts of its verdict.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use ipnet::IpNet;

use crate::body::gaps::Gaps;
use crate::checks::Check;
use crate::client::Client;
use crate::config::OnUnavailable;
use crate::config::policy::{Bypass, PolicyHandle};
use crate::detect::{ClassSet, Finding};
use crate::event::{EVENT_TEXT, Event, EventKind, MetaValue, is_informational};
use crate::net;
use crate::request::canonical_path::{is_canonical, write_canonical};
use crate::request::flow::{BodyPlan, CheckResult, HookPhase};
use crate::request::head::{CommonHeaders, Head, Peer};
use crate::request::scope::{classes, skips};
use crate::request::scratch::{OpPurpose, Scratch};
use crate::respond::{BodyFormat, RejectionDraft, ResponseVariant};
use crate::rules::cors::Origin;
use crate::rules::skips::SkipSet;
use crate::rules::{Policy, Rules};
use crate::state::{Batch, Op, Subject};
use crate::text::printable;
use crate::time::Timestamp;
use crate::verdict::{
    Coverage, Decision, Denial, Outcome, Outcomes, Preflight, RateState, Record, Rejection, Ticket, Verdict,
};

/// The storage for the state of one request, which its steps borrow. Create one for each request; the
/// [`Scratch`](crate::Scratch) is reused.
#[derive(Default)]
pub struct RequestSlot<'r>(Option<RequestContext<'r>>);

impl<'r> RequestSlot<'r> {
    /// An empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    pub(crate) fn begin(
        &mut self,
        rules: &'r Rules,
        policy: (Option<PolicyHandle>, Option<&'r Policy>),
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
    ) -> &mut RequestContext<'r> {
        self.0.insert(RequestContext::new(rules, policy, head, now, scratch))
    }
}

impl core::fmt::Debug for RequestSlot<'_> {
    /// Without the request: it holds secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RequestSlot").finish_non_exhaustive()
    }
}

/// The state of one request.
pub(crate) struct RequestContext<'r> {
    pub(crate) rules: &'r Rules,
    pub(crate) head: Head<'r>,
    pub(crate) known: CommonHeaders<'r>,
    /// Whether the path is spelled in another way than its canonical path, which is then in the scratch. `None` until a rule
    /// compares it.
    respelled: Option<bool>,
    /// The result of the CORS rules for the `Origin` of the request.
    pub(crate) origin: Origin,
    pub(crate) policy: Option<&'r Policy>,
    pub(crate) client: Client,
    /// The counter subject of the client.
    pub(crate) subject: Subject,
    /// The allow list that applies contains the client.
    pub(crate) allowlisted: bool,
    /// Exempt from rate limits.
    pub(crate) exempt: bool,
    /// The reasons to skip stages.
    pub(crate) skips: SkipSet,
    /// The classes with which the head is inspected, unless the client is allowlisted; `None` if it is not inspected.
    pub(crate) head_classes: Option<ClassSet>,
    /// The same for the body.
    pub(crate) body_classes: Option<ClassSet>,
    /// The classes with which the head was inspected.
    pub(crate) inspected_head: ClassSet,
    /// The classes with which the whole body was inspected.
    pub(crate) inspected_body: ClassSet,
    /// The route bypasses all checks.
    pub(crate) bypass_all: bool,
    /// Behaviour rules count this request and its response.
    pub(crate) tracks_behaviour: bool,
    /// The client has strikes; read only if a rule requires it.
    pub(crate) has_strikes: bool,
    /// The outcome limits that the response may count for.
    pub(crate) outcomes: Outcomes,
    /// The principal that the verifier returned.
    pub(crate) principal: Option<String>,
    pub(crate) now: Timestamp,
    pub(crate) scratch: &'r mut Scratch,
    pub(crate) rate: Option<RateState>,
    pub(crate) finding: Option<Box<Finding>>,
    /// A finding of rules in shadow was already reported.
    pub(crate) shadow_reported: bool,
    pub(crate) coverage: Coverage,
    pub(crate) events: Vec<Event>,
    pub(crate) deferred: Option<Box<Batch>>,
    pub(crate) record: Record,
    /// The number of hooks of this phase that have run.
    pub(crate) hooks_run: usize,
    /// The index of the stage that runs, or that paused.
    pub(crate) stage: usize,
    /// How the body is read.
    pub(crate) body_plan: Option<BodyPlan<'r>>,
    /// The rejection that ends the request.
    pub(crate) denial: Option<Box<Denial>>,
    /// The reply, if the request is a preflight.
    pub(crate) preflight: Option<Box<Preflight>>,
    /// The reason of the latest event that is not a notice, even if the event is muted.
    reason: String,
    rejections: Vec<Rejection>,
}

impl<'r> RequestContext<'r> {
    fn new(
        rules: &'r Rules,
        (handle, policy): (Option<PolicyHandle>, Option<&'r Policy>),
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
    ) -> Self {
        scratch.restart(now);
        let outer = head.outer;
        let skips = skips(rules, policy, outer.is_some());
        let (head_classes, body_classes) = match skips.intersects(SkipSet::bypass(Bypass::Penetration)) {
            true => (None, None),
            false => classes(rules, policy, outer),
        };
        let bypass_all = skips.intersects(SkipSet::bypass(Bypass::All));
        let client = match outer {
            Some(outer) => outer.client,
            None => rules.proxies.client(head.peer, head.tls, head.headers),
        };
        let subject = Subject::of(client.address, rules.ipv6_prefix);
        // A bypassed route needs the headers for its event only.
        let known = match bypass_all && !rules.passive && !head.sample_info_events {
            true => CommonHeaders::default(),
            false => CommonHeaders::of(head.method, head.headers),
        };
        let cors = rules.cors.as_ref();
        let is_preflight = known.preflight && cors.is_some() && !bypass_all;
        Self {
            rules,
            origin: cors.map_or(Origin::Off, |cors| cors.origin(known.origin)),
            // A route that bypasses all checks replies to its preflights itself, in passive mode too.
            known: CommonHeaders { preflight: is_preflight, ..known },
            policy,
            client,
            subject,
            allowlisted: outer.is_some_and(|outer| outer.allowlisted),
            exempt: outer.is_some_and(|outer| outer.exempt),
            head_classes,
            body_classes,
            inspected_head: outer.map_or(ClassSet::NONE, |outer| outer.head_classes),
            inspected_body: outer.map_or(ClassSet::NONE, |outer| outer.body_classes),
            skips: skips
                .with(SkipSet::PREFLIGHT.filter(is_preflight))
                .with(SkipSet::BODILESS.filter(!head.has_body))
                .with(SkipSet::UNSAMPLED.filter(!head.sample_info_events)),
            bypass_all: bypass_all && !rules.passive,
            respelled: None,
            tracks_behaviour: false,
            has_strikes: false,
            outcomes: Outcomes::default(),
            principal: None,
            now,
            scratch,
            rate: None,
            finding: None,
            shadow_reported: false,
            coverage: Coverage::default(),
            events: Vec::new(),
            deferred: None,
            record: Record::new(handle, client.spoofed),
            hooks_run: 0,
            stage: 0,
            body_plan: None,
            denial: None,
            preflight: None,
            reason: String::new(),
            rejections: Vec::new(),
            head: head.policy(handle),
        }
    }

    pub(crate) fn passive(&self) -> bool {
        self.rules.passive
    }

    /// The next hook to run: those of the configuration first, then those of the route.
    pub(crate) fn next_hook(&self, phase: HookPhase) -> Option<&'r str> {
        let hooks = &self.rules.config.hooks;
        let (global, route) = match phase {
            HookPhase::Before => (&hooks.before, self.policy.map(|policy| &policy.source.validators)),
            HookPhase::After => (&hooks.after, self.policy.map(|policy| &policy.source.hooks)),
        };
        let all = global.iter().chain(route.into_iter().flatten());
        all.map(String::as_str).nth(self.hooks_run)
    }

    /// The names of the honeypot fields, which users do not fill in.
    pub(crate) fn honeypot(&self) -> &'r [String] {
        self.policy.map_or(&[], |policy| &policy.source.honeypot)
    }

    /// The network of the client, if it has an address: the target of a ban.
    pub(crate) fn network(&self) -> Option<IpNet> {
        match self.subject {
            Subject::Client(client) => Some(client.network()),
            _ => None,
        }
    }

    /// Reject the request; in report-only mode, only record the rejection.
    pub(crate) fn reject(&mut self, draft: RejectionDraft) -> CheckResult {
        self.record.check.get_or_insert(draft.check);
        self.record_rejection(&draft);
        if self.is_report_only(draft.check) {
            self.record.outcome = Outcome::Report;
            return Ok(());
        }
        self.record.outcome = Outcome::Deny;
        self.record.check = Some(draft.check);
        self.record.status = Some(draft.status);
        Err(Box::new(self.rules.denial(&draft, self.response_variant(), self.rate)))
    }

    /// Reject the request for its size or content, with the event of that.
    pub(crate) fn reject_content(
        &mut self,
        violation: &'static str,
        reason: String,
        draft: RejectionDraft,
    ) -> CheckResult {
        let action = self.action(draft.check);
        let metadata = [("decorator_type", "content_filtering".into()), ("violation_type", violation.into())];
        self.event(EventKind::ContentFiltered, action, "middleware", reason, metadata);
        self.reject(draft)
    }

    /// Add the rejection to those of the verdict. A redirect is not a rejection.
    fn record_rejection(&mut self, draft: &RejectionDraft) {
        if draft.status < 400 {
            return;
        }
        let (check, status, trigger) = (draft.check, draft.status, draft.trigger.clone());
        let mut reason = core::mem::take(&mut self.reason);
        if !trigger.is_empty() {
            let prefix = if status == 403 {
                "IP banned due to suspicious activity: "
            } else {
                "Suspicious activity detected for IP: "
            };
            reason = [prefix, &self.client_name(), " - ", &trigger].concat();
        } else if !draft.hook_reason.is_empty() {
            reason.clone_from(&draft.hook_reason);
        } else if reason.is_empty() {
            reason.clone_from(&draft.body);
        }
        let report_only = check != Check::Cors && self.is_report_only(check);
        self.rejections.push(Rejection { check, status, reason, trigger, report_only });
    }

    /// Reject the request, in report-only mode too.
    pub(crate) fn reject_always(&mut self, draft: &RejectionDraft, variant: ResponseVariant) -> Denial {
        self.record_rejection(draft);
        self.record.outcome = Outcome::Deny;
        (self.record.check, self.record.status) = (Some(draft.check), Some(draft.status));
        self.rules.denial(draft, variant, self.rate)
    }

    /// The variant of a rejection of this request.
    pub(crate) fn response_variant(&self) -> ResponseVariant {
        let format = BodyFormat::of(&self.known, &self.head, self.rules.errors.format);
        ResponseVariant { secure: self.client.secure, origin: self.origin, format }
    }

    /// The strictest `on_unavailable` of the rules whose ops are in the batch.
    pub(crate) fn on_unavailable(&self) -> OnUnavailable {
        let rules = &self.rules;
        let each = self.scratch.batch.ops().iter().map(|op| match op {
            Op::FindBan(_) => rules.ban.on_unavailable,
            _ => rules.limits.on_unavailable,
        });
        each.max().unwrap_or(OnUnavailable::Allow)
    }

    /// Whether `check` only reports.
    pub(crate) fn is_report_only(&self, check: Check) -> bool {
        self.rules.is_report_only(check)
    }

    /// The action of an event about a rejection by `check`.
    pub(crate) fn action(&self, check: Check) -> &'static str {
        if self.is_report_only(check) { "logged_only" } else { "request_blocked" }
    }

    /// Add an event, if its kind is enabled.
    pub(crate) fn event<const N: usize>(
        &mut self,
        kind: EventKind,
        action: &'static str,
        handler: &'static str,
        reason: String,
        metadata: [(&'static str, MetaValue); N],
    ) {
        if !is_informational(kind, action) {
            self.reason.clone_from(&reason);
        }
        if self.rules.events.has(kind) {
            let event = self.new_event(kind, action, handler, reason, metadata.into_iter().collect());
            self.events.push(event);
        }
    }

    /// [`RequestContext::event`] for an attack. `reason` and `describe` run only if the kind is enabled. It does not
    /// set the reason of the rejection: a rejected attack has its own.
    pub(crate) fn attack_event(
        &mut self,
        kind: EventKind,
        action: &'static str,
        handler: &'static str,
        reason: impl FnOnce() -> String,
        describe: impl FnOnce(&mut Event),
    ) {
        if self.rules.events.has(kind) {
            let mut event = self.new_event(kind, action, handler, reason(), Vec::new());
            describe(&mut event);
            self.events.push(event);
        }
    }

    /// An event about this request.
    pub(crate) fn new_event(
        &self,
        kind: EventKind,
        action: &'static str,
        handler: &'static str,
        reason: String,
        mut metadata: Vec<(&'static str, MetaValue)>,
    ) -> Event {
        let path = self.head.path;
        if !is_canonical(path) {
            metadata.push(("raw_path", self.rules.redact().path_within(path, EVENT_TEXT).into()));
        }
        Event {
            kind,
            action,
            reason,
            address: self.client.address,
            country: self.country(),
            user_agent: self.known.user_agent.map(|agent| self.text(agent)),
            endpoint: Some(self.path()),
            method: Some(printable(self.head.method.as_bytes(), EVENT_TEXT)),
            handler,
            pattern: None,
            metadata,
            reference: None,
        }
    }

    /// The canonical path, which restrictions compare; the path as received if that is canonical.
    pub(crate) fn canonical_path(&mut self) -> &str {
        let path = self.head.path;
        let respelled = *self.respelled.get_or_insert_with(|| {
            !is_canonical(path) && {
                write_canonical(path, &mut self.scratch.path);
                true
            }
        });
        if respelled { &self.scratch.path } else { path }
    }

    /// The canonical path for events: printable, truncated and without secrets.
    pub(crate) fn path(&self) -> String {
        self.rules.redact().endpoint(self.head.path)
    }

    /// A text of the client for events: printable, truncated and without secrets.
    pub(crate) fn text(&self, text: &[u8]) -> String {
        self.rules.redact().text_within(text, EVENT_TEXT)
    }

    /// The country of the client, if known.
    pub(crate) fn country(&self) -> Option<crate::config::Country> {
        self.head.facts.country(self.client.address?).known()
    }

    /// Add an op to the batch. The compiler of the configuration ensures that all ops of a request fit.
    pub(crate) fn push_op(&mut self, op: Op, purpose: OpPurpose) {
        if self.scratch.batch.push(op) {
            self.scratch.purposes.push(purpose);
        }
    }

    /// Defer an op that does not change this verdict.
    pub(crate) fn defer(&mut self, op: Op) {
        // A full batch drops the op. Only many rules at once fill one, and each of them adds its op again at the next
        // request.
        self.deferred.get_or_insert_with(|| Box::new(Batch::new(self.now))).push(op);
    }

    /// The name of the client in events and messages.
    pub(crate) fn client_name(&self) -> String {
        self.client.address.map_or_else(|| "unknown".into(), net::text)
    }

    /// The data for the response phase.
    fn ticket(&self) -> Ticket {
        Ticket {
            policy: self.head.policy,
            client: self.client,
            subject: self.subject,
            bypass_all: self.bypass_all,
            allowlisted: self.allowlisted,
            exempt: self.exempt,
            nested: self.head.outer.is_some(),
            outermost: self.head.outer.map_or(self.head.policy, |outer| outer.outermost),
            has_broken_body: self.coverage.gaps.has(Gaps::BROKEN)
                || self.head.outer.is_some_and(|outer| outer.has_broken_body),
            head_classes: self.inspected_head,
            body_classes: self.inspected_body,
            tracks_behaviour: self.tracks_behaviour,
            has_strikes: self.has_strikes,
            outcomes: self.outcomes,
            rate: self.rate,
            origin: self.origin,
        }
    }

    /// The verdict of a decided request. A request that is neither rejected nor a preflight is allowed.
    pub(crate) fn take_verdict(&mut self) -> Verdict {
        self.record.inspected = self.coverage.inspected;
        self.record.gaps = self.coverage.gaps;
        self.record.class = self.finding.as_ref().map(|finding| finding.class);
        Verdict {
            decision: match (self.denial.take(), self.preflight.take()) {
                (Some(denial), _) => Decision::Deny(denial),
                (None, Some(preflight)) => Decision::Preflight(preflight),
                (None, None) => Decision::Allow(self.ticket()),
            },
            client: self.client,
            finding: self.finding.take(),
            coverage: self.coverage,
            deferred: self.deferred.take(),
            events: core::mem::take(&mut self.events),
            record: self.record,
            principal: self.principal.take(),
            rejections: core::mem::take(&mut self.rejections),
        }
    }

    /// The advice for the developer, if the framework supplied no peer.
    pub(crate) const fn missing_peer(&self) -> Option<&'static str> {
        match self.head.peer {
            Peer::Missing(fix) => Some(fix),
            _ => None,
        }
    }
}
