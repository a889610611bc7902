//! Events for the CSP violation reports of browsers.

use alloc::format;
use alloc::vec::Vec;

use super::Engine;
use crate::event::EVENT_TEXT;
use crate::event::{Event, EventKind};
use crate::request::head::{CommonHeaders, Head};
use crate::respond::csp::metadata;
use crate::respond::{CspReport, CspReportError, parse_csp_report};
use crate::text::printable;

impl Engine {
    /// The events for the violations in a report body.
    ///
    /// # Errors
    /// As [`parse_csp_report`].
    pub fn csp_violations(&self, head: &Head<'_>, body: &[u8]) -> Result<Vec<Event>, CspReportError> {
        let common = CommonHeaders::of(head.method, head.headers);
        let content_type = common.content_type.first.and_then(|text| core::str::from_utf8(text).ok());
        let reports = parse_csp_report(content_type.unwrap_or_default(), body)?;
        if !self.rules.events.has(EventKind::CspViolation) {
            return Ok(Vec::new());
        }
        let address = self.rules.proxies.client(head.peer, head.tls, head.headers).address;
        let redact = self.redact();
        let event = |report: CspReport| Event {
            kind: EventKind::CspViolation,
            action: "logged",
            reason: format!("CSP violation: {}", report.violated_directive),
            address,
            country: address.and_then(|client| head.facts.country(client).known()),
            user_agent: common.user_agent.map(|agent| printable(redact.text(agent).as_bytes(), EVENT_TEXT)),
            endpoint: Some(redact.endpoint(head.path)),
            method: Some(printable(head.method.as_bytes(), EVENT_TEXT)),
            handler: "security_headers",
            pattern: None,
            metadata: metadata(report),
            reference: None,
        };
        Ok(reports.into_iter().map(event).collect())
    }
}
