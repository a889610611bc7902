//! One request on its way through the checks: what is known so far and what will stand in the verdict.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use ipnet::IpNet;

use crate::client::Client;
use crate::config::OnUnavailable;
use crate::detect::{Finding, printable};
use crate::engine::{Engine, Policy};
use crate::event::{Event, EventKind, MetaValue};
use crate::head::{Head, Known, Peer};
use crate::scratch::Scratch;
use crate::state::{Batch, ClientKey, Op, Subject};
use crate::time::Timestamp;
use crate::verdict::{Check, Coverage, Decision, Denial, Outcome, RateState, Record, Ticket, Verdict};

/// Bytes of client-controlled text that an event keeps.
pub(crate) const EVENT_TEXT: usize = 256;

/// The state of one request.
pub(crate) struct Case<'r> {
    pub(crate) engine: &'r Engine,
    pub(crate) head: Head<'r>,
    pub(crate) known: Known<'r>,
    pub(crate) policy: Option<&'r Policy>,
    pub(crate) client: Client,
    /// The counter subject of the client.
    pub(crate) subject: Subject,
    /// Matched the allow list that applies.
    pub(crate) listed: bool,
    /// Not to be limited.
    pub(crate) exempt: bool,
    pub(crate) now: Timestamp,
    pub(crate) scratch: &'r mut Scratch,
    pub(crate) rate: Option<RateState>,
    pub(crate) finding: Option<Box<Finding>>,
    pub(crate) coverage: Coverage,
    pub(crate) events: Vec<Event>,
    pub(crate) deferred: Option<Box<Batch>>,
    pub(crate) record: Record,
    /// Hooks already asked.
    pub(crate) hooks_asked: usize,
}

/// A check objected and the request is to be refused.
pub(crate) struct Refused(pub(crate) Box<Denial>);

/// What a check objects to.
pub(crate) struct Objection {
    pub(crate) check: Check,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) retry_after: Option<Duration>,
}

impl Objection {
    pub(crate) fn new(check: Check, status: u16, body: impl Into<String>) -> Self {
        Self { check, status, body: body.into(), retry_after: None }
    }
}

impl<'r> Case<'r> {
    pub(crate) fn new(engine: &'r Engine, head: Head<'r>, now: Timestamp, scratch: &'r mut Scratch) -> Self {
        scratch.restart(now);
        let client = engine.rules.proxies.client(head.peer, head.tls, head.headers);
        let subject = client.address.map_or(Subject::Unknown, |address| {
            Subject::Client(ClientKey::new(address, engine.rules.ipv6_prefix))
        });
        Self {
            engine,
            known: Known::of(head.method, head.headers),
            policy: head.policy.and_then(|handle| engine.policy(handle)),
            client,
            subject,
            listed: false,
            exempt: false,
            now,
            scratch,
            rate: None,
            finding: None,
            coverage: Coverage::default(),
            events: Vec::new(),
            deferred: None,
            record: Record {
                outcome: Outcome::Allow,
                check: None,
                status: None,
                class: None,
                inspected: 0,
                gaps: crate::verdict::Gaps::default(),
                policy: head.policy,
                spoofed: client.spoofed,
                store_unavailable: false,
                ban_refused: false,
            },
            hooks_asked: 0,
            head,
        }
    }

    pub(crate) fn passive(&self) -> bool {
        self.engine.rules.passive
    }

    /// Whether the route switches `check` off.
    pub(crate) fn bypasses(&self, check: Check) -> bool {
        self.policy.is_some_and(|policy| policy.bypass.contains(&check))
    }

    /// Names of the fields that no person fills in.
    pub(crate) const fn traps(&self) -> &'r [String] {
        &[]
    }

    /// The network of the client, if it has an address: what a ban is pronounced on.
    pub(crate) fn network(&self) -> Option<IpNet> {
        match self.subject {
            Subject::Client(client) => Some(client.network()),
            _ => None,
        }
    }

    /// Refuse, or in passive mode note that the request would have been refused.
    pub(crate) fn object(&mut self, objection: Objection) -> Result<(), Refused> {
        self.record.check.get_or_insert(objection.check);
        if self.passive() {
            self.record.outcome = Outcome::Report;
            return Ok(());
        }
        self.record.outcome = Outcome::Deny;
        self.record.check = Some(objection.check);
        self.record.status = Some(objection.status);
        Err(Refused(Box::new(self.engine.rules.refusal(&objection, self.client.secure, self.rate))))
    }

    /// The strictest of what the rules that ask the store about this request say about one that does not answer.
    pub(crate) fn on_unavailable(&self) -> OnUnavailable {
        let rules = &self.engine.rules;
        let each = self.scratch.batch.ops().iter().map(|op| match op {
            Op::Banned(_) => rules.ban.on_unavailable,
            _ => rules.limits.on_unavailable,
        });
        each.max().unwrap_or(OnUnavailable::Allow)
    }

    /// The action word of an event about an objection.
    pub(crate) fn action(&self) -> &'static str {
        if self.passive() { "logged_only" } else { "request_blocked" }
    }

    /// Note that something happened.
    pub(crate) fn event<const N: usize>(
        &mut self,
        kind: EventKind,
        action: &'static str,
        handler: &'static str,
        reason: String,
        metadata: [(&'static str, MetaValue); N],
    ) -> &mut Event {
        let cut = |text: &[u8]| printable(text, EVENT_TEXT);
        self.events.push(Event {
            kind,
            action,
            reason,
            address: self.client.address,
            country: self.client.address.and_then(|address| self.head.facts.about(address).country),
            user_agent: self.known.user_agent.map(cut),
            endpoint: Some(cut(self.head.path.as_bytes())),
            method: Some(cut(self.head.method.as_bytes())),
            handler,
            pattern: None,
            metadata: metadata.into_iter().collect(),
            reference: None,
        });
        let last = self.events.len() - 1;
        &mut self.events[last]
    }

    /// Write something that does not change this verdict.
    pub(crate) fn defer(&mut self, op: Op) {
        // A full batch drops the op: sixteen deferred writes are more than any path produces.
        self.deferred.get_or_insert_with(|| Box::new(Batch::new(self.now))).push(op);
    }

    /// The client as events and messages name it.
    pub(crate) fn client_name(&self) -> String {
        use alloc::string::ToString;
        self.client.address.map_or_else(|| "unknown".into(), |address| address.to_string())
    }

    pub(crate) fn allow(self) -> Verdict {
        let ticket = Ticket { policy: self.head.policy, secure: self.client.secure, rate: self.rate };
        self.close(Decision::Allow(ticket))
    }

    pub(crate) fn refuse(self, Refused(denial): Refused) -> Verdict {
        self.close(Decision::Deny(denial))
    }

    fn close(mut self, decision: Decision) -> Verdict {
        self.record.inspected = self.coverage.seen;
        self.record.gaps = self.coverage.gaps;
        self.record.class = self.finding.as_ref().map(|finding| finding.class);
        Verdict {
            decision,
            client: self.client,
            finding: self.finding,
            coverage: self.coverage,
            deferred: self.deferred,
            events: self.events,
            record: self.record,
        }
    }

    /// The text for a peer the framework did not name.
    pub(crate) const fn missing_peer(&self) -> Option<&'static str> {
        match self.head.peer {
            Peer::Missing(fix) => Some(fix),
            _ => None,
        }
    }
}
