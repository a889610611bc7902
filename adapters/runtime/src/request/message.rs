//! Inspection of the messages of a WebSocket or another long-lived connection, one by one.
//!
//! The handshake is checked like any request. The messages after it are not HTTP, and only the application reads them. It
//! passes each message to [`Messages::inspect`], which accepts or rejects it and reports a rejection to the sinks. An attack
//! counts as many strikes as one in a request, by a deferred write: a ban applies from the next request.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_core::detect::Finding;
use portcullis_core::event::{Event, EventKind};
use portcullis_core::state::window::Window;
use portcullis_core::{ByteSize, Check, DeferredContext, Engine, PolicyHandle, Rate, ReferenceId, Timestamp};

use crate::guard::Guard;
use crate::request::exchange::Exchange;
use crate::request::scratch::ScratchLease;
use crate::telemetry::sink::Context;

/// The default limit of the size of a message.
pub const MESSAGE_SIZE: ByteSize = ByteSize::mib(1);

impl Guard {
    /// The inspector for the messages of one connection under the policy of its route.
    ///
    /// ```
    /// use portcullis_runtime::{Config, Guard, Rate};
    ///
    /// let guard = Guard::build(Config::default())?;
    /// let client = [198, 51, 100, 7].into();
    /// let mut messages = guard.messages(None).client(client).limit(Rate::per_second(2));
    /// assert!(messages.inspect("hello").is_ok());
    /// let rejection = messages.inspect("<script>alert(1)</script>").unwrap_err();
    /// assert_eq!((rejection.code, rejection.reason), (1008, "Suspicious activity detected"));
    /// assert_eq!(messages.inspect("hello").unwrap_err().reason, "Rate limit exceeded");
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn messages(&self, policy: Option<PolicyHandle>) -> Messages {
        Messages {
            guard: self.clone(),
            policy,
            outermost: policy,
            client: None,
            endpoint: None,
            limit: None,
            max_size: MESSAGE_SIZE,
            window: Window::fresh(),
            is_limit_reported: false,
        }
    }
}

impl Exchange {
    /// The inspector of the messages of the connection that the request opens at `path`.
    pub(crate) fn messages(&self, path: &str) -> Messages {
        let ticket = self.ticket();
        let messages = self.guard().messages(ticket.policy()).endpoint(path);
        Messages { client: ticket.client().address, outermost: ticket.outermost_policy(), ..messages }
    }
}

/// Inspects the messages of one connection. A clone counts separately, from the count of the original.
#[derive(Clone)]
pub struct Messages {
    guard: Guard,
    policy: Option<PolicyHandle>,
    /// The policy of the outermost guard, under which messages are inspected too: an inner policy loosens nothing.
    outermost: Option<PolicyHandle>,
    client: Option<IpAddr>,
    endpoint: Option<String>,
    limit: Option<Rate>,
    max_size: ByteSize,
    window: Window,
    /// The excess of the limit was reported to the sinks.
    is_limit_reported: bool,
}

impl Messages {
    /// The client, for whom strikes are counted. Without it, no strikes are counted.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = Some(client.to_canonical());
        self
    }

    /// The path of the handshake, for events.
    #[must_use]
    pub fn endpoint(mut self, path: impl Into<String>) -> Self {
        self.endpoint = Some(path.into());
        self
    }

    /// The maximum rate of messages of this connection. Default: no limit.
    #[must_use]
    pub fn limit(mut self, limit: Rate) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The maximum number of bytes of a message. Default: [`MESSAGE_SIZE`].
    #[must_use]
    pub fn max_size(mut self, max_size: ByteSize) -> Self {
        self.max_size = max_size;
        self
    }

    /// Inspect a message, text or bytes: first its size and the limit, then its content. In passive mode, rejections are only
    /// reported to the sinks, and the result is always `Ok`.
    ///
    /// # Errors
    /// The close code and reason: close the connection with them.
    pub fn inspect(&mut self, message: impl AsRef<[u8]>) -> Result<(), MessageRejection> {
        let message = message.as_ref();
        let (engine, now) = (self.guard.engine(), self.guard.0.clock.now());
        if message.len() as u64 > self.max_size.0 {
            self.reject_oversized(&engine, now, message.len())?;
            // Passive mode: a message beyond the limit passes uninspected, as a body does.
            return self.enforce_limit(&engine, now);
        }
        self.enforce_limit(&engine, now)?;
        match self.find_attack(&engine, message) {
            None => Ok(()),
            Some(finding) => self.reject_attack(&engine, now, &finding),
        }
    }

    /// The first attack in a message, under the policy of the outermost guard, and then under that of the inner one.
    fn find_attack(&self, engine: &Engine, message: &[u8]) -> Option<Finding> {
        let mut scratch = ScratchLease::take();
        let inner = Some(self.policy).filter(|policy| *policy != self.outermost);
        [Some(self.outermost), inner].into_iter().flatten().find_map(|policy| {
            let is_exempt = self.client.is_some_and(|client| !engine.inspects_messages_from(policy, client));
            if is_exempt { None } else { engine.inspect_message(policy, message, &mut scratch) }
        })
    }

    fn enforce_limit(&mut self, engine: &Engine, now: Timestamp) -> Result<(), MessageRejection> {
        let Some(quota) = self.limit.map(Rate::quota) else { return Ok(()) };
        let count = self.window.hit(quota, 1, now);
        if count.within {
            self.is_limit_reported = false;
            return Ok(());
        }
        let cause = RejectionCause { check: Check::RateLimit, code: 1008, reason: "Rate limit exceeded" };
        let seconds = quota.window().as_secs().max(1);
        let reason = format!("Rate limit exceeded: {} messages in {seconds}s window", count.used);
        let mut event = self.new_event(engine, &cause, EventKind::RateLimited, "rate_limit", reason);
        event.metadata.push(("request_count", count.used.into()));
        event.metadata.push(("rate_limit", count.limit.into()));
        event.metadata.push(("window", seconds.into()));
        // One event each time the limit is exceeded, not one for each message beyond it.
        let event = (!std::mem::replace(&mut self.is_limit_reported, true)).then_some(event);
        self.reject(engine, now, &cause, event)
    }

    fn reject_oversized(
        &self,
        engine: &Engine,
        now: Timestamp,
        length: usize,
    ) -> Result<(), MessageRejection> {
        let cause =
            RejectionCause { check: Check::RequestSizeContent, code: 1009, reason: "Message too big" };
        let reason = format!("Message of {length} bytes exceeds limit: {}", self.max_size.0);
        let mut event = self.new_event(engine, &cause, EventKind::ContentFiltered, "middleware", reason);
        event.metadata.push(("violation_type", "max_request_size".into()));
        self.reject(engine, now, &cause, Some(event))
    }

    fn reject_attack(
        &self,
        engine: &Arc<Engine>,
        now: Timestamp,
        finding: &Finding,
    ) -> Result<(), MessageRejection> {
        let cause = RejectionCause {
            check: Check::SuspiciousActivity,
            code: 1008,
            reason: "Suspicious activity detected",
        };
        let reason = format!("Penetration attempt detected: {finding}");
        let mut event = self.new_event(engine, &cause, EventKind::PenetrationAttempt, "middleware", reason);
        event.describe(finding);
        event.metadata.extend([
            ("trigger_info", finding.to_string().into()),
            ("passive_mode", engine.config().passive.into()),
        ]);
        let result = self.reject(engine, now, &cause, Some(event));
        if let Some(client) = self.client {
            let inner = &self.guard.0;
            let (context, batch) = (
                DeferredContext::message(client, self.policy),
                engine.strikes_for_message(client, finding, now),
            );
            let outage = !inner.operations.outage.is_over();
            let mut events = inner.apply_deferred_writes(engine, context, batch, outage);
            inner.report_deferred(engine, &mut events);
        }
        result
    }

    /// Report to the sinks, and reject unless the check is report-only.
    fn reject(
        &self,
        engine: &Engine,
        now: Timestamp,
        cause: &RejectionCause,
        event: Option<Event>,
    ) -> Result<(), MessageRejection> {
        let inner = &self.guard.0;
        let reference = inner.new_reference_id();
        if let Some(event) = event.filter(|event| engine.reports(event.kind)) {
            let context = Context { reference: Some(reference), ..Context::new(engine, now) };
            inner.report_events(&mut [event], &context);
        }
        if engine.is_report_only(cause.check) {
            return Ok(());
        }
        let RejectionCause { check, code, reason } = *cause;
        Err(MessageRejection { check, code, reason, reference })
    }

    /// An event about a message of this connection.
    fn new_event(
        &self,
        engine: &Engine,
        cause: &RejectionCause,
        kind: EventKind,
        handler: &'static str,
        reason: String,
    ) -> Event {
        let action = if engine.is_report_only(cause.check) { "logged_only" } else { "request_blocked" };
        let mut event = Event::new(kind, action, handler, reason);
        event.address = self.client;
        event.country = self.client.and_then(|client| self.guard.0.facts().country(client).known());
        event.endpoint = self.endpoint.as_deref().map(|path| engine.redact().endpoint(path));
        event.method = Some("WEBSOCKET".into());
        event
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("policy", &self.policy)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The reason for the rejection of a message.
struct RejectionCause {
    check: Check,
    code: u16,
    reason: &'static str,
}

/// The rejection of a message: close the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRejection {
    /// The check that rejected.
    pub check: Check,
    /// The WebSocket close code (RFC 6455, section 7.4.1): 1008 for a policy violation, 1009 for a message that is too big.
    pub code: u16,
    /// The reason for the close frame. It discloses no more than the response to a rejected request.
    pub reason: &'static str,
    /// The reference id, as in the event.
    pub reference: ReferenceId,
}

impl fmt::Display for MessageRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (close code {}, reference {})", self.reason, self.code, self.reference)
    }
}

impl std::error::Error for MessageRejection {}
