//! Routes that bypass all checks.

use alloc::vec::Vec;

use super::Engine;
use crate::config::policy::Bypass;
use crate::request::head::Head;
use crate::rules::cors::Origin;
use crate::rules::skips::SkipSet;
use crate::state::Subject;
use crate::verdict::{Coverage, Decision, Outcomes, Record, Ticket, Verdict};

/// A bypassed request runs no check and fills no batch, so its verdict needs no request context.
impl Engine {
    /// The verdict about a request of a route that bypasses all checks. `None` if checks run, and if the sampled event about
    /// the bypass is due.
    pub(super) fn bypassed_verdict(&self, head: &Head<'_>) -> Option<Verdict> {
        let rules = &*self.rules;
        if rules.passive || head.sample_info_events {
            return None;
        }
        let handle = self.policy_for(head)?;
        if !self.policy(handle)?.skips.intersects(SkipSet::bypass(Bypass::All)) {
            return None;
        }
        let client = rules.proxies.client(head.peer, head.tls, head.headers);
        let ticket = Ticket {
            policy: Some(handle),
            client,
            subject: Subject::of(client.address, rules.ipv6_prefix),
            bypass_all: true,
            tracks_behaviour: false,
            has_strikes: false,
            outcomes: Outcomes::default(),
            rate: None,
            origin: Origin::Off,
        };
        Some(Verdict {
            decision: Decision::Allow(ticket),
            client,
            finding: None,
            coverage: Coverage::default(),
            deferred: None,
            events: Vec::new(),
            record: Record::new(Some(handle), client.spoofed),
            principal: None,
            rejections: Vec::new(),
        })
    }
}
