//! What the guard puts onto responses: those of the application, its own refusals, and its answers to preflights.

use alloc::boxed::Box;
use alloc::string::String;

use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::cors;
use super::rate::rate_fields;
use super::{BodyFormat, Cors, Origin};
use crate::check::rate::seconds;
use crate::config::RateFields;
use crate::engine::step::{Flow, Next};
use crate::engine::{Engine, Rules};
use crate::event::{Event, EventKind};
use crate::request::context::{EVENT_TEXT, Refusal, RejectionDraft, RequestContext};
use crate::request::head::Head;
use crate::text::printable;
use crate::verdict::{Check, Denial, Preflight, RateState, Ticket};

/// How a header is put onto a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// In place of all that the application sent under its name.
    Replace,
    /// Beside what the application sent.
    Append,
}

/// What the response phase adds to a response of the application.
#[derive(Debug)]
pub struct ResponseHeaders<'e> {
    security: &'e [(HeaderName, HeaderValue)],
    rate: Option<RateState>,
    cors: Option<(&'e Cors, Origin)>,
}

impl<'e> ResponseHeaders<'e> {
    /// Call `put` with each header.
    pub fn apply(&self, mut put: impl FnMut(HeaderMode, &HeaderName, HeaderValue)) {
        for (name, value) in self.fixed() {
            put(HeaderMode::Replace, name, value.clone());
        }
        self.apply_changing(put);
    }

    /// Those that are the same for many responses of one engine, to be set in place of the application's: for drivers that
    /// convert headers, and remember what came of it.
    #[must_use]
    pub const fn fixed(&self) -> &'e [(HeaderName, HeaderValue)] {
        self.security
    }

    /// Call `put` with each header that is not [`fixed`](Self::fixed).
    pub fn apply_changing(&self, mut put: impl FnMut(HeaderMode, &HeaderName, HeaderValue)) {
        for (name, value) in self.rate.into_iter().flat_map(rate_fields) {
            put(HeaderMode::Replace, &name, value);
        }
        let Some((cors, origin)) = self.cors else { return };
        for (name, value) in cors.readable(origin, false).chain(cors.rules(origin)) {
            put(HeaderMode::Replace, &name, value);
        }
        put(HeaderMode::Append, &VARY, HeaderValue::from_static("origin"));
    }

    /// Put them onto a response of the `http` crate.
    pub fn onto(&self, headers: &mut HeaderMap) {
        self.apply(|put, name, value| match put {
            HeaderMode::Replace => drop(headers.insert(name, value)),
            HeaderMode::Append => drop(headers.append(name, value)),
        });
    }
}

impl Engine {
    /// Finish a request that was admitted: what to set on the response that the application made.
    #[must_use]
    pub fn respond(&self, ticket: &Ticket) -> ResponseHeaders<'_> {
        let rate = ticket.rate.filter(|_| self.rules.limits.fields == RateFields::Always);
        if ticket.bypass_all {
            return ResponseHeaders { security: &[], rate, cors: None };
        }
        let security = self.rules.headers.of(ticket.client.secure);
        ResponseHeaders { security, rate, cors: self.rules.cors.as_ref().map(|cors| (cors, ticket.origin)) }
    }

    /// The event that says which security headers the response to a request carries. Drivers send it now and then.
    #[must_use]
    pub fn headers_applied(&self, ticket: &Ticket, head: &Head<'_>) -> Option<Event> {
        let headers = self.respond(ticket).security;
        if headers.is_empty() || !self.rules.events.has(EventKind::SecurityHeadersApplied) {
            return None;
        }
        let has = |wanted: &HeaderName| headers.iter().any(|(name, _)| name == wanted);
        let path = printable(self.redact().path(head.path).as_bytes(), EVENT_TEXT);
        let metadata = alloc::vec![
            ("path", path.clone().into()),
            ("headers_count", (headers.len() as u64).into()),
            ("has_csp", has(&CONTENT_SECURITY_POLICY).into()),
            ("has_hsts", has(&STRICT_TRANSPORT_SECURITY).into()),
        ];
        Some(Event {
            kind: EventKind::SecurityHeadersApplied,
            action: "headers_added",
            reason: String::new(),
            address: None,
            country: None,
            user_agent: None,
            endpoint: Some(path),
            method: Some(printable(head.method.as_bytes(), EVENT_TEXT)),
            handler: "security_headers",
            pattern: None,
            metadata,
            reference: None,
        })
    }
}

/// Who reads a refusal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Audience {
    pub(crate) secure: bool,
    pub(crate) origin: Origin,
    pub(crate) form: BodyFormat,
}

impl Rules {
    /// The response that refuses a request.
    pub(crate) fn refusal(
        &self,
        objection: &RejectionDraft,
        to: Audience,
        rate: Option<RateState>,
    ) -> Denial {
        if let Some(location) = &objection.location {
            // A redirect is for the browser, not for a reader.
            let header = self.errors.reference_header.clone();
            let mut redirect = Denial::new(objection.check, objection.status, String::new(), header);
            redirect.headers.push((LOCATION, location.clone()));
            return redirect;
        }
        let written = match objection.verbatim {
            true => self.errors.verbatim(objection.status, &objection.body),
            false => self.errors.write(objection.status, &objection.body, to.form),
        };
        let reference_header = self.errors.reference_header.clone();
        let mut denial = Denial::new(objection.check, written.status, written.body, reference_header);
        denial.headers = written.headers;
        denial.headers.extend_from_slice(self.headers.of(to.secure));
        if let Some(after) = objection.retry_after {
            denial.headers.push((RETRY_AFTER, HeaderValue::from(seconds(after).max(1))));
        }
        let fields = match self.limits.fields {
            RateFields::Always => true,
            RateFields::Denied => objection.check == Check::RateLimit,
            RateFields::Never => false,
        };
        denial.headers.extend(rate.filter(|_| fields).into_iter().flat_map(rate_fields));
        if let Some(cors) = &self.cors {
            denial.headers.extend(cors.readable(to.origin, matches!(to.form, BodyFormat::Grpc(_))));
        }
        let vary = match (self.cors.is_some(), written.negotiated) {
            (true, true) => "origin, accept",
            (true, false) => "origin",
            (false, true) => "accept",
            (false, false) => return denial,
        };
        denial.headers.push((VARY, HeaderValue::from_static(vary)));
        denial
    }
}

/// Answer a preflight. It is no part of what passive mode spares: a browser that asks has to be told yes or no, and the
/// application is never asked.
pub(crate) fn preflight<'r>(ctx: &mut RequestContext<'r>) -> Flow<'r> {
    let rules = &ctx.engine.rules;
    let Some(cors) = &rules.cors else { return Ok(Next::Allow) };
    let answer = cors.answer(ctx.origin, ctx.head.headers);
    if !answer.disallowed.is_empty() {
        let body = cors::refusal(&answer.disallowed);
        return Err(disallowed(ctx, body, answer.headers));
    }
    let mut headers = alloc::vec![(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    headers.extend(rules.headers.of(ctx.client.secure).iter().cloned());
    headers.extend(answer.headers);
    headers.push((VARY, HeaderValue::from_static("origin")));
    let preflight = Preflight { status: 200, body: String::from("OK"), headers };
    Ok(Next::Preflight(Box::new(preflight)))
}

/// Refuse a preflight: what its answer would have allowed stands on the refusal too, for people who look for the reason.
fn disallowed(
    ctx: &mut RequestContext<'_>,
    body: String,
    headers: alloc::vec::Vec<(HeaderName, HeaderValue)>,
) -> Refusal {
    let metadata = [("violation_type", "cors".into())];
    ctx.event(EventKind::AccessDenied, "request_blocked", "cors", body.clone(), metadata);
    let to = Audience { origin: Origin::Other, ..ctx.audience() };
    let mut denial = ctx.reject_always(&RejectionDraft::new(Check::Cors, 400, body), to);
    denial.headers.extend(headers);
    Refusal(Box::new(denial))
}
