//! What sinks are told about a request, and the reference id that ties a refusal to its events and log lines.

use std::time::Duration;

use bytes::Bytes;
use portcullis_core::event::Event;
use portcullis_core::{Decision, Engine, Head, ReferenceId, Ticket, Timestamp, Verdict};

use crate::guard::{Guard, Inner};
use crate::operate::sink::{Context, RequestReport, ResponseReport};
use crate::request::block_report::BlockReport;
use crate::request::exchange::{Admission, Arrival, Exchange};
use crate::request::modify;
use crate::request::response::GuardResponse;

/// What an adapter knows of a request that it served.
#[derive(Clone, Copy, Debug)]
pub struct ResponseMeta<'a> {
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
    pub fn responded(&self, engine: &Engine, ticket: &Ticket, handled: &ResponseMeta<'_>) {
        self.responded_at(engine, ticket, handled, self.0.clock.now());
    }

    pub(crate) fn responded_at(
        &self,
        engine: &Engine,
        ticket: &Ticket,
        handled: &ResponseMeta<'_>,
        at: Timestamp,
    ) {
        let policy = ticket.policy().and_then(|handle| engine.policy_name(handle));
        let ResponseMeta { method, route, status, elapsed } = *handled;
        let on_response = ResponseReport { engine, at, method, route, policy, status, elapsed };
        self.0.sinks.iter().for_each(|sink| sink.response(&on_response));
    }

    /// Report the verdict, and give a rejection its reference id.
    pub(crate) fn report(
        &self,
        arrival: Arrival,
        head: &Head<'_>,
        mut verdict: Verdict,
        replay: Option<Bytes>,
    ) -> Result<Admission, GuardResponse> {
        let reference = self.0.report(&arrival, head, &mut verdict);
        match verdict.decision {
            Decision::Allow(ticket) => {
                let exchange = Exchange::new(self.clone(), arrival, ticket);
                Ok(Admission { exchange, replay, principal: verdict.principal })
            }
            Decision::Deny(mut denial) => {
                denial.set_reference_id(reference.unwrap_or_default());
                if let Some(modifier) = &self.0.modifier {
                    modify::denial(&**modifier, &mut denial);
                }
                Err((*denial).into())
            }
            Decision::Preflight(preflight) => Err((*preflight).into()),
        }
    }
}

impl Inner {
    /// Report the verdict to the sinks. Returns the reference id of its events.
    fn report(&self, arrival: &Arrival, head: &Head<'_>, verdict: &mut Verdict) -> Option<ReferenceId> {
        let (engine, now) = (&*arrival.engine, arrival.now);
        if let Some(route) = head.route {
            self.routes.load().note(route);
        }
        let rejected = verdict.denial().is_some();
        let reference = (rejected || !verdict.events.is_empty()).then(|| self.reference());
        self.tell_blocked(engine, head, verdict, reference);
        verdict.events.extend(self.headers_applied(engine, head, &verdict.decision, now));
        let mut events = std::mem::take(&mut verdict.events);
        let policy = verdict.record.policy.and_then(|handle| engine.policy_name(handle));
        let (client, record) = (verdict.client, &verdict.record);
        let report = RequestReport { engine, at: now, head, client, record, policy, reference };
        if !events.is_empty() {
            let took = self.clock.now().since(now);
            let request = Some(&report);
            self.tell(&mut events, &Context { reference, took, request, ..Context::new(engine, now) });
        }
        self.sinks.iter().for_each(|sink| sink.request(&report));
        self.operations.requests.count(record.outcome);
        reference
    }

    /// Tell the application which checks objected.
    fn tell_blocked(
        &self,
        engine: &Engine,
        head: &Head<'_>,
        verdict: &mut Verdict,
        reference: Option<ReferenceId>,
    ) {
        let Some(queue) = &self.blocked else { return };
        for objected in std::mem::take(&mut verdict.rejections) {
            queue.push(BlockReport::new(objected, head, engine.redact(), verdict.client.address, reference));
        }
    }

    /// The event that says now and then that security headers are set.
    fn headers_applied(
        &self,
        engine: &Engine,
        head: &Head<'_>,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<Event> {
        match decision {
            Decision::Allow(ticket) if self.says_headers(now) => engine.headers_applied(ticket, head),
            _ => None,
        }
    }

    /// Hand events to every sink, under the reference id of their request.
    pub(crate) fn tell(&self, events: &mut [Event], context: &Context<'_>) {
        for event in events {
            event.reference = context.reference;
            let client = event.address.filter(|_| context.engine.config().events.enrich);
            let recent = client.map(|client| self.recent.count(client, context.at));
            let context = Context { recent, ..*context };
            self.sinks.iter().for_each(|sink| sink.event(event, &context));
            if event.is_notice() {
                self.noticed(context.at);
            }
        }
    }
}
