//! Observing the application's responses, without changing or delaying them.
//!
//! Most responses are reported to the engine when their head is complete. If a rule applies to bodies, the adapter copies
//! the first bytes as it sends them; the response is reported when enough bytes were copied, or when the body ends or is
//! dropped.

use std::fmt;
use std::time::Duration;

use portcullis_core::{HeaderFields, RateState, ResponseInfo, Timestamp};

use crate::guard::Guard;
use crate::request::exchange::Exchange;
use crate::request::report::ResponseMeta;

/// Copies the first bytes of a response body, and reports the response when it is dropped.
pub struct ResponseObserver {
    exchange: Exchange,
    status: u16,
    cost: u32,
    limit: usize,
    copied: Vec<u8>,
}

/// The fields of the application's response that the guard needs.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AppResponse<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The pattern of the matched route.
    pub route: Option<&'a str>,
    /// The status; 101 if the response switches protocols.
    pub status: u16,
    /// The header lines.
    pub headers: &'a dyn HeaderFields,
    /// The cost that the handler assigned to the response. Default: 1.
    pub cost: Option<u32>,
    /// The limit of an inner guard: its [`Exchange::inner_rate`]. Default: none.
    pub inner_rate: Option<RateState>,
}

impl<'a> AppResponse<'a> {
    /// A response to a request of this method.
    #[must_use]
    pub fn new(method: &'a str, status: u16, headers: &'a dyn HeaderFields) -> Self {
        Self { method, route: None, status, headers, cost: None, inner_rate: None }
    }

    /// Set [`AppResponse::route`].
    #[must_use]
    pub fn route(mut self, route: impl Into<Option<&'a str>>) -> Self {
        self.route = route.into();
        self
    }

    /// Set [`AppResponse::cost`].
    #[must_use]
    pub fn cost(mut self, cost: impl Into<Option<u32>>) -> Self {
        self.cost = cost.into();
        self
    }

    /// Set [`AppResponse::inner_rate`].
    #[must_use]
    pub fn inner_rate(mut self, rate: impl Into<Option<RateState>>) -> Self {
        self.inner_rate = rate.into();
        self
    }
}

impl Exchange {
    /// Report the head of the application's response to the sinks, and to the rules about responses. Returns the observer of
    /// the body if a rule applies to it. Rules do not apply to a switch of protocols. Then set [`Exchange::headers`].
    #[must_use = "a dropped observer reports an empty body"]
    pub fn on_response(&mut self, response: &AppResponse<'_>) -> Option<ResponseObserver> {
        let AppResponse { method, route, status, headers, cost, inner_rate } = *response;
        if let Some(rate) = inner_rate {
            self.ticket.tighten(rate);
        }
        let (now, instant) = self.guard().0.clock.read();
        let elapsed = instant.checked_duration_since(self.instant).unwrap_or(Duration::ZERO);
        // The outer guard reports the response.
        if !self.is_nested() {
            let meta = ResponseMeta { method, route, status, elapsed };
            self.guard().report_response_at(self.engine(), self.ticket(), &meta, now);
        }
        self.guard().start_observer(self, status, headers, cost, now)
    }
}

impl Guard {
    /// Report the head of a response, or return the observer of its body.
    pub(crate) fn start_observer(
        &self,
        exchange: &Exchange,
        status: u16,
        headers: &dyn HeaderFields,
        cost: Option<u32>,
        now: Timestamp,
    ) -> Option<ResponseObserver> {
        let cost = cost.unwrap_or(1);
        if status == 101 {
            return None;
        }
        let (engine, ticket) = (exchange.engine(), exchange.ticket());
        let Some(limit) = engine.response_prefix(ticket, headers) else {
            self.observe_response_at(engine, ticket, &ResponseInfo { status, body: None, cost }, now);
            return None;
        };
        Some(ResponseObserver { exchange: exchange.clone(), status, cost, limit, copied: Vec::new() })
    }
}

impl ResponseObserver {
    /// Copy a chunk, up to the limit. Returns whether the limit is reached: then drop the observer.
    pub fn observe(&mut self, data: &[u8]) -> bool {
        let room = self.limit - self.copied.len();
        self.copied.extend_from_slice(&data[..data.len().min(room)]);
        self.copied.len() == self.limit
    }
}

impl Drop for ResponseObserver {
    fn drop(&mut self) {
        let response = ResponseInfo { status: self.status, body: Some(&self.copied), cost: self.cost };
        let exchange = &self.exchange;
        exchange.guard().observe_response(exchange.engine(), exchange.ticket(), &response);
    }
}

impl fmt::Debug for ResponseObserver {
    /// Without the body, which may hold data of users.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseObserver").field("status", &self.status).finish_non_exhaustive()
    }
}
