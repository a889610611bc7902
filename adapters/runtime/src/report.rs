//! What sinks are told about a request, and the reference id that ties a refusal to its events and log lines.

use std::time::Duration;

use bytes::Bytes;
use portcullis_core::event::Event;
use portcullis_core::{Decision, Engine, Head, Ticket, Timestamp, Verdict};

use crate::drive::Checked;
use crate::guard::{Guard, Inner};
use crate::sink::{Context, Seen, Answered};

/// What an adapter knows of a request that it served.
#[derive(Clone, Copy, Debug)]
pub struct Handled<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The status of the response.
    pub status: u16,
    /// From the beginning of the request to the head of the response.
    pub elapsed: Duration,
}

impl Guard {
    /// Tell sinks how a request that was let through was served. Adapters call it once the head of the response is there.
    pub fn responded(&self, engine: &Engine, ticket: &Ticket, handled: &Handled<'_>) {
        let policy = ticket.policy().and_then(|handle| engine.policy_name(handle));
        let Handled { method, route, status, elapsed } = *handled;
        let answered = Answered { engine, at: self.0.clock.now(), method, route, policy, status, elapsed };
        self.0.sinks.iter().for_each(|sink| sink.response(&answered));
    }
}

impl Inner {
    /// Report what happened, and give a refusal its reference id.
    pub(crate) fn report(
        &self,
        engine: &Engine,
        head: &Head<'_>,
        verdict: Verdict,
        now: Timestamp,
        replay: Option<Bytes>,
    ) -> Checked {
        let Verdict { decision, client, mut events, record, .. } = verdict;
        let refused = matches!(decision, Decision::Deny(_));
        let reference = (refused || !events.is_empty()).then(|| self.reference());
        let policy = record.policy.and_then(|handle| engine.policy_name(handle));
        let seen = Seen { engine, at: now, head, client, record: &record, policy, reference };
        if !events.is_empty() {
            let took = self.clock.now().since(now);
            self.tell(&mut events, &Context { engine, at: now, reference, took, request: Some(&seen) });
        }
        self.sinks.iter().for_each(|sink| sink.request(&seen));
        self.operations.requests.count(record.outcome);
        match decision {
            Decision::Allow(ticket) => Checked::Pass { ticket, replay },
            Decision::Deny(mut denial) => {
                denial.refer(reference.unwrap_or_default());
                Checked::Refuse(denial)
            }
        }
    }

    /// Hand events to every sink, under the reference id of their request.
    pub(crate) fn tell(&self, events: &mut [Event], context: &Context<'_>) {
        for event in events {
            event.reference = context.reference;
            self.sinks.iter().for_each(|sink| sink.event(event, context));
            if event.kind.is_notice() {
                self.noticed(context.at);
            }
        }
    }
}
