//! The response phase: the headers that the guard sets on responses of the application.

use alloc::string::String;

use http::HeaderName;
use http::header::{CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY};

use super::Engine;
use crate::config::RateFields;
use crate::event::EVENT_TEXT;
use crate::event::{Event, EventKind};
use crate::request::head::Head;
use crate::respond::ResponseHeaders;
use crate::text::printable;
use crate::verdict::Ticket;

impl Engine {
    /// The headers to set on the response of the application to an admitted request. None for a guard inside another: the
    /// outer one sets them.
    #[must_use]
    pub fn respond(&self, ticket: &Ticket) -> ResponseHeaders<'_> {
        let rate = ticket.rate.filter(|_| self.rules.limits.fields == RateFields::Always && !ticket.nested);
        if ticket.bypass_all || ticket.nested {
            return ResponseHeaders { security: &[], rate, cors: None };
        }
        let security = self.rules.headers.of(ticket.client.secure);
        ResponseHeaders { security, rate, cors: self.rules.cors.as_ref().map(|cors| (cors, ticket.origin)) }
    }

    /// The event for the security headers that were set on a response. Drivers sample it.
    #[must_use]
    pub fn headers_applied(&self, ticket: &Ticket, head: &Head<'_>) -> Option<Event> {
        let headers = self.respond(ticket).security;
        if headers.is_empty() || !self.rules.events.has(EventKind::SecurityHeadersApplied) {
            return None;
        }
        let has = |header: &HeaderName| headers.iter().any(|(name, _)| name == header);
        let path = self.redact().endpoint(head.path);
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
