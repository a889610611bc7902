//! Reports to the sinks about a request, and the reference id that links a rejection to its events and log lines.

use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, StatusCode};
use portcullis_core::event::Event;
use portcullis_core::{
    Check, CspReportError, Decision, Engine, Head, MAX_CSP_REPORT, Outcome, Peer, ReferenceId, Ticket,
    Timestamp, Verdict,
};
use tokio::time::timeout;

use crate::callbacks::block_report::BlockReport;
use crate::callbacks::modify;
use crate::guard::body_memory::BodyLease;
use crate::guard::{Guard, Inner};
use crate::request::admission::{Admission, AdmissionDetails};
use crate::request::arrival::{AdmittedRequest, Arrival};
use crate::request::exchange::Exchange;
use crate::request::response::{self, GuardResponse};
use crate::telemetry::sink::{Context, RequestReport, ResponseReport};

const ROUTE_CONFIG: &str = "The policy of this route is not one of the guard that checks it, or the route is unknown and \
     `strict_routes` is set. Register policies with the guard that serves, before the first request.";

/// The response to an admitted request, as adapters report it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseMeta<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The status of the response.
    pub status: u16,
    /// The time from the arrival of the request to the head of the response.
    pub elapsed: Duration,
}

impl Guard {
    /// Report the response to an admitted request to the sinks. Adapters call it when the head of the response is complete.
    pub fn report_response(&self, engine: &Engine, ticket: &Ticket, meta: &ResponseMeta<'_>) {
        self.report_response_at(engine, ticket, meta, self.0.clock.now());
    }

    pub(crate) fn report_response_at(
        &self,
        engine: &Engine,
        ticket: &Ticket,
        meta: &ResponseMeta<'_>,
        at: Timestamp,
    ) {
        let policy = ticket.policy().and_then(|handle| engine.policy_name(handle));
        let ResponseMeta { method, route, status, elapsed } = *meta;
        let report = ResponseReport { engine, at, method, route, policy, status, elapsed };
        self.0.sinks.iter().for_each(|sink| sink.response(&report));
    }

    /// Report the violations of the content security policy in this report body of a browser to the sinks, one event each.
    /// Returns their number.
    ///
    /// # Errors
    /// A body without reports: respond with [`CspReportError::status`].
    pub fn csp_report(&self, head: &Head<'_>, body: &[u8]) -> Result<usize, CspReportError> {
        let (engine, facts) = (self.engine(), self.0.facts());
        let mut events = engine.csp_violations(&head.facts(&**facts), body)?;
        self.0.report_events(&mut events, &Context::new(&engine, self.0.clock.now()));
        Ok(events.len())
    }

    /// Run `read`, which reads a report body of at most [`MAX_CSP_REPORT`] bytes, within `body.timeout` and the bound of all
    /// bodies.
    ///
    /// # Errors
    /// The status of the response: 408 or 503.
    pub async fn read_csp_report<T>(&self, read: impl Future<Output = T>) -> Result<T, StatusCode> {
        let (engine, mut lease) = (self.engine(), BodyLease::new(&self.0.body_memory));
        if !lease.charge(MAX_CSP_REPORT, &engine, || self.0.clock.now()) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let limit = engine.config().body.timeout.0;
        timeout(limit, read).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)
    }
}

impl Arrival {
    /// Report the verdict, and give a rejection its reference id.
    pub(crate) fn report(
        self,
        head: &Head<'_>,
        mut verdict: Verdict,
        replay: Option<Bytes>,
        attached: Extensions,
    ) -> Result<AdmittedRequest, GuardResponse> {
        let reference = self.guard.0.report(&self, head, &mut verdict);
        let outcome = self.outcome(verdict.record.outcome);
        match verdict.decision {
            Decision::Allow(mut ticket) => {
                let Self { guard, engine, now, instant, outer } = self;
                if let Some(rate) = outer.as_ref().and_then(|outer| outer.rate()) {
                    ticket.tighten(rate);
                }
                let exchange = Exchange { guard, engine, now, instant, ticket };
                let mut details = AdmissionDetails::new(&mut verdict, reference);
                details.attachments = attached;
                let admission =
                    Admission::new(exchange, verdict.coverage, outcome, details, outer.as_deref());
                Ok(AdmittedRequest { admission, replay })
            }
            Decision::Deny(mut denial) => {
                denial.set_reference_id(reference.unwrap_or_default());
                if let Some(modifier) = &self.guard.0.modifier {
                    modify::modify_denial(&**modifier, &mut denial);
                }
                Err(GuardResponse::of_denial(*denial, verdict.finding.as_deref(), &self.guard))
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
            self.routes.load().record_match(route);
        }
        if head.outer.is_none() {
            self.proxy_advice.examine(engine, head);
        }
        if let (Peer::Missing(fix), None) = (head.peer, head.outer) {
            response::log_mistake(&format!("the server provides no address of the connection: {fix}"));
        }
        if verdict.record.check == Some(Check::RouteConfig) {
            response::log_mistake(ROUTE_CONFIG);
        }
        let rejected = verdict.denial().is_some();
        // The outer guard has reported and counted a request that the inner one admits too.
        let is_nested = head.outer.is_some();
        let is_counted =
            !is_nested || verdict.record.outcome != Outcome::Allow || verdict.record.store_unavailable;
        let reference = (rejected || !verdict.events.is_empty()).then(|| self.new_reference_id());
        self.report_block(engine, head, verdict, reference);
        if is_counted {
            verdict.events.extend(self.sample_headers_applied(engine, head, &verdict.decision, now));
        }
        let mut events = std::mem::take(&mut verdict.events);
        let policy = verdict.record.policy.and_then(|handle| engine.policy_name(handle));
        let (client, record) = (verdict.client, &verdict.record);
        let report = RequestReport { engine, at: now, head, client, record, policy, reference, is_nested };
        if !events.is_empty() {
            let took = self.clock.now().since(now);
            let request = Some(&report);
            self.report_events(
                &mut events,
                &Context { reference, took, request, ..Context::new(engine, now) },
            );
        }
        if is_counted {
            self.sinks.iter().for_each(|sink| sink.request(&report));
        }
        match &arrival.outer {
            None => self.operations.requests.count(record.outcome),
            Some(outer) if arrival.outcome(record.outcome) != outer.outcome() => {
                self.operations.requests.recount(outer.outcome(), record.outcome);
            }
            Some(_) => {}
        }
        reference
    }

    /// Pass the rejections to the function of `on_block`.
    fn report_block(
        &self,
        engine: &Engine,
        head: &Head<'_>,
        verdict: &mut Verdict,
        reference: Option<ReferenceId>,
    ) {
        let Some(queue) = &self.block_reports else { return };
        for rejection in std::mem::take(&mut verdict.rejections) {
            queue.push(BlockReport::new(rejection, head, engine.redact(), verdict.client.address, reference));
        }
    }

    /// The sampled event about security headers that were set.
    fn sample_headers_applied(
        &self,
        engine: &Engine,
        head: &Head<'_>,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<Event> {
        match decision {
            Decision::Allow(ticket) if self.sample_header_event(now) => engine.headers_applied(ticket, head),
            _ => None,
        }
    }
}
