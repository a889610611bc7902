//! Requests to which no check applies: routes that bypass all checks, and inner guards that add no policy.

use alloc::vec::Vec;

use super::Engine;
use crate::config::policy::{Bypass, PolicyHandle};
use crate::detect::ClassSet;
use crate::request::head::Head;
use crate::rules::cors::Origin;
use crate::rules::skips::SkipSet;
use crate::state::Subject;
use crate::verdict::{Coverage, Decision, Outcomes, Record, Ticket, Verdict};

/// Such a request runs no check and fills no batch, so its verdict needs no request context.
impl Engine {
    /// Whether no check applies to this request, so that neither its body nor the store nor the application is needed.
    #[must_use]
    pub fn checks_nothing(&self, head: &Head<'_>) -> bool {
        match head.outer {
            Some(outer) => self.adds_nothing(head, outer).is_some(),
            None => self.bypasses_all(head).is_some(),
        }
    }

    /// The verdict about a request to which no check applies.
    pub(super) fn immediate_verdict(&self, head: &Head<'_>) -> Option<Verdict> {
        let ticket = match head.outer {
            Some(outer) => {
                let policy = self.adds_nothing(head, outer)?;
                let (tracks_behaviour, outcomes) = (false, Outcomes::default());
                Ticket { policy, nested: true, tracks_behaviour, outcomes, rate: None, ..*outer }
            }
            None => self.ticket_of_bypass(head, self.bypasses_all(head)?),
        };
        Some(Verdict {
            decision: Decision::Allow(ticket),
            client: ticket.client,
            finding: None,
            coverage: Coverage::default(),
            deferred: None,
            events: Vec::new(),
            record: Record::new(ticket.policy, ticket.client.spoofed),
            principal: None,
            rejections: Vec::new(),
        })
    }

    /// The policy of a request for which an inner guard has no policy, or that of a guard around it.
    pub(super) fn adds_nothing(&self, head: &Head<'_>, outer: &Ticket) -> Option<Option<PolicyHandle>> {
        let policy = self.policy_for(head);
        let is_applied = policy.is_none() || policy == outer.policy || policy == outer.outermost;
        is_applied.then_some(outer.policy)
    }

    /// The policy of a route that bypasses all checks, unless the sampled event about the bypass is due.
    fn bypasses_all(&self, head: &Head<'_>) -> Option<PolicyHandle> {
        if self.rules.passive || head.sample_info_events {
            return None;
        }
        let handle = self.policy_for(head)?;
        self.policy(handle)?.skips.intersects(SkipSet::bypass(Bypass::All)).then_some(handle)
    }

    fn ticket_of_bypass(&self, head: &Head<'_>, handle: PolicyHandle) -> Ticket {
        let rules = &*self.rules;
        let client = rules.proxies.client(head.peer, head.tls, head.headers);
        Ticket {
            policy: Some(handle),
            client,
            subject: Subject::of(client.address, rules.ipv6_prefix),
            bypass_all: true,
            tracks_behaviour: false,
            has_strikes: false,
            allowlisted: false,
            exempt: false,
            nested: false,
            outermost: Some(handle),
            has_broken_body: false,
            head_classes: ClassSet::NONE,
            body_classes: ClassSet::NONE,
            outcomes: Outcomes::default(),
            rate: None,
            origin: Origin::Off,
        }
    }
}
