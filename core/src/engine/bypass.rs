//! Routes that bypass all checks.

use alloc::string::String;
use alloc::vec::Vec;

use super::Engine;
use crate::config::policy::Bypass;
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::head::Head;
use crate::rules::cors::Origin;
use crate::rules::skips::SkipSet;
use crate::state::Subject;
use crate::verdict::{Coverage, Decision, Outcomes, Record, Ticket, Verdict};

/// Bypassed requests read neither the store nor the headers, so a verdict about one needs no [`RequestContext`].
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

/// Report that a route bypasses all checks. The event is informational and sampled.
pub(super) fn report(ctx: &mut RequestContext<'_>) {
    if ctx.head.sample_info_events {
        let reason = String::from("Route configured to bypass all security checks");
        let metadata =
            [("bypassed_checks", alloc::vec![String::from("all")].into()), ("endpoint", ctx.path().into())];
        ctx.event(EventKind::SecurityBypass, "all_checks_bypassed", "middleware", reason, metadata);
    }
}
