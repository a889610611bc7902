//! Messages of a WebSocket or another connection that stays open, inspected one by one.
//!
//! The handshake is guarded like any request; what comes after it is not HTTP, and only the application reads it. It hands
//! each message to a [`Messages`], which says whether the connection may go on and tells sinks when it may not. An attack
//! costs the client as much as one in a request, by a write that nobody waits for: a ban holds from the next request.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_core::detect::Finding;
use portcullis_core::event::{Event, EventKind};
use portcullis_core::state::window::Window;
use portcullis_core::{
    ByteSize, Check, DeferredContext, Engine, PolicyHandle, Rate, ReferenceId, Ticket, Timestamp,
};

use crate::guard::Guard;
use crate::operate::sink::Context;
use crate::request::drive::ScratchLease;

/// The most bytes of a message, unless the application says otherwise.
pub const MESSAGE_SIZE: ByteSize = ByteSize::mib(1);

impl Guard {
    /// What inspects the messages of the connection that a request opens, which was let through with this ticket to `path`.
    #[must_use]
    pub fn messages_after(&self, ticket: &Ticket, path: &str) -> Messages {
        let messages = self.messages(ticket.policy()).endpoint(path);
        Messages { client: ticket.client().address, ..messages }
    }

    /// What inspects the messages of one connection under the policy of the route on which it was opened.
    ///
    /// ```
    /// use portcullis_runtime::{Config, Guard, Rate};
    ///
    /// let guard = Guard::build(Config::default())?;
    /// let client = [198, 51, 100, 7].into();
    /// let mut messages = guard.messages(None).client(client).limit(Rate::per_second(2));
    /// assert!(messages.inspect("hello").is_ok());
    /// let refused = messages.inspect("<script>alert(1)</script>").unwrap_err();
    /// assert_eq!((refused.code, refused.reason), (1008, "Suspicious activity detected"));
    /// assert_eq!(messages.inspect("hello").unwrap_err().reason, "Rate limit exceeded");
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn messages(&self, policy: Option<PolicyHandle>) -> Messages {
        Messages {
            guard: self.clone(),
            policy,
            client: None,
            endpoint: None,
            limit: None,
            most: MESSAGE_SIZE,
            window: Window::fresh(),
            told: false,
        }
    }
}

/// Inspects the messages of one connection. A clone begins a limit of its own where this one stands.
#[derive(Clone)]
pub struct Messages {
    guard: Guard,
    policy: Option<PolicyHandle>,
    client: Option<IpAddr>,
    endpoint: Option<String>,
    limit: Option<Rate>,
    most: ByteSize,
    window: Window,
    /// The limit is exceeded and sinks know.
    told: bool,
}

impl Messages {
    /// Whose messages they are: who is charged for an attack. Without it, nobody is.
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

    /// The most messages that this connection may send. Default: no limit.
    #[must_use]
    pub fn limit(mut self, limit: Rate) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The most bytes that a message may have. Default: [`MESSAGE_SIZE`].
    #[must_use]
    pub fn max_size(mut self, most: ByteSize) -> Self {
        self.most = most;
        self
    }

    /// May the connection go on after this message, text or bytes? Size and limit come first, then the search for attacks. In
    /// passive mode, sinks hear of what would have been refused and the answer is always yes.
    ///
    /// # Errors
    /// The close code and reason with which the connection is to be ended.
    pub fn inspect(&mut self, message: impl AsRef<[u8]>) -> Result<(), MessageRejection> {
        let message = message.as_ref();
        let (engine, now) = (self.guard.engine(), self.guard.0.clock.now());
        if message.len() as u64 > self.most.0 {
            self.too_big(&engine, now, message.len())?;
            // Passive mode: a message beyond the limit is let through unseen, as a body would be.
            return self.count(&engine, now);
        }
        self.count(&engine, now)?;
        if self.client.is_some_and(|client| !engine.inspects_messages_from(self.policy, client)) {
            return Ok(());
        }
        let mut scratch = ScratchLease::take();
        match engine.inspect_message(self.policy, message, &mut scratch) {
            None => Ok(()),
            Some(finding) => self.attack(&engine, now, &finding),
        }
    }

    fn count(&mut self, engine: &Engine, now: Timestamp) -> Result<(), MessageRejection> {
        let Some(quota) = self.limit.map(Rate::quota) else { return Ok(()) };
        let count = self.window.hit(now, quota, 1);
        if count.within {
            self.told = false;
            return Ok(());
        }
        let refusal = Refusal { check: Check::RateLimit, code: 1008, reason: "Rate limit exceeded" };
        let seconds = quota.window().as_secs().max(1);
        let reason = format!("Rate limit exceeded: {} messages in {seconds}s window", count.used);
        let mut event = self.about(engine, &refusal, EventKind::RateLimited, "rate_limit", reason);
        event.metadata.push(("request_count", count.used.into()));
        event.metadata.push(("rate_limit", count.limit.into()));
        event.metadata.push(("window", seconds.into()));
        // One event for each time that the limit is passed, not for each message beyond it.
        let event = (!std::mem::replace(&mut self.told, true)).then_some(event);
        self.refuse(engine, now, &refusal, event)
    }

    fn too_big(&self, engine: &Engine, now: Timestamp, length: usize) -> Result<(), MessageRejection> {
        let refusal = Refusal { check: Check::RequestSizeContent, code: 1009, reason: "Message too big" };
        let reason = format!("Message of {length} bytes exceeds limit: {}", self.most.0);
        let mut event = self.about(engine, &refusal, EventKind::ContentFiltered, "middleware", reason);
        event.metadata.push(("violation_type", "max_request_size".into()));
        self.refuse(engine, now, &refusal, Some(event))
    }

    fn attack(
        &self,
        engine: &Arc<Engine>,
        now: Timestamp,
        finding: &Finding,
    ) -> Result<(), MessageRejection> {
        let refusal =
            Refusal { check: Check::SuspiciousActivity, code: 1008, reason: "Suspicious activity detected" };
        let reason = format!("Penetration attempt detected: {finding}");
        let mut event = self.about(engine, &refusal, EventKind::PenetrationAttempt, "middleware", reason);
        event.describe(finding);
        event.metadata.extend([
            ("trigger_info", finding.to_string().into()),
            ("passive_mode", engine.config().passive.into()),
        ]);
        let refused = self.refuse(engine, now, &refusal, Some(event));
        if let Some(client) = self.client {
            let inner = &self.guard.0;
            let (cause, batch) = (
                DeferredContext::message(client, self.policy),
                engine.strikes_for_message(client, finding, now),
            );
            let away = !inner.operations.outage.is_over();
            inner.tell_after(engine, &mut inner.settle(engine, cause, batch, away));
        }
        refused
    }

    /// Tell sinks, and refuse unless the check only reports.
    fn refuse(
        &self,
        engine: &Engine,
        now: Timestamp,
        refusal: &Refusal,
        event: Option<Event>,
    ) -> Result<(), MessageRejection> {
        let inner = &self.guard.0;
        let reference = inner.reference();
        if let Some(event) = event.filter(|event| engine.reports(event.kind)) {
            let context = Context { reference: Some(reference), ..Context::new(engine, now) };
            inner.tell(&mut [event], &context);
        }
        if engine.is_report_only(refusal.check) {
            return Ok(());
        }
        let Refusal { check, code, reason } = *refusal;
        Err(MessageRejection { check, code, reason, reference })
    }

    /// An event about a message of this connection.
    fn about(
        &self,
        engine: &Engine,
        refusal: &Refusal,
        kind: EventKind,
        handler: &'static str,
        reason: String,
    ) -> Event {
        let action = if engine.is_report_only(refusal.check) { "logged_only" } else { "request_blocked" };
        let mut event = Event::new(kind, action, handler, reason);
        event.address = self.client;
        event.country = self.client.and_then(|client| self.guard.0.facts().country(client).known());
        event.endpoint = self.endpoint.as_deref().map(|path| engine.redact().path(path));
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

/// What is objected to in a message.
struct Refusal {
    check: Check,
    code: u16,
    reason: &'static str,
}

/// Why a connection is to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRejection {
    /// Which check refused.
    pub check: Check,
    /// The WebSocket close code: 1008 for a violation of the policy, 1009 for a message that is too big (RFC 6455).
    pub code: u16,
    /// The reason for the close frame. It tells the client no more than a refused request would.
    pub reason: &'static str,
    /// The id that stands in the event.
    pub reference: ReferenceId,
}

impl fmt::Display for MessageRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (close code {}, reference {})", self.reason, self.code, self.reference)
    }
}

impl std::error::Error for MessageRejection {}
