//! The outcome of a request: the decision, its reasons, and deferred writes.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::body::gaps::Gaps;
use crate::checks::Check;
use crate::client::Client;
use crate::config::policy::PolicyHandle;
use crate::detect::{Class, ClassSet, Finding};
use crate::event::Event;
use crate::event::ReferenceId;
use crate::rules::cors::Origin;
use crate::rules::rate::TierRef;
use crate::state::{Batch, Subject};

/// What the engine decided about one request.
#[derive(Debug)]
#[must_use = "a verdict that is not acted on lets every request pass"]
#[non_exhaustive]
pub struct Verdict {
    /// Serve the request or reject it.
    pub decision: Decision,
    /// The client of the request.
    pub client: Client,
    /// The detected attack, also if it passed in report-only mode.
    pub finding: Option<Box<Finding>>,
    /// The inspected bytes, and the gaps.
    pub coverage: Coverage,
    /// Writes that do not change this verdict: pass the replies to
    /// [`Engine::events_for_replies`](crate::Engine::events_for_replies), or the batch to
    /// [`StateStore::defer`](crate::StateStore::defer) without events.
    pub deferred: Option<Box<Batch>>,
    /// The events, for sinks. Empty, without an allocation, for most requests.
    pub events: Vec<Event>,
    /// The metrics of the request.
    pub record: Record,
    /// The principal that the verifier returned, for the application.
    pub principal: Option<String>,
    /// The rejections in the order of the checks. Empty, without an allocation, for most requests.
    pub rejections: Vec<Rejection>,
}

/// The rejection of a request by one check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The check.
    pub check: Check,
    /// The requested status.
    pub status: u16,
    /// The reason, in one line.
    pub reason: String,
    /// The description of a detected attack; else empty.
    pub trigger: String,
    /// Whether the request passed nevertheless: passive mode, or a check in `shadow`.
    pub report_only: bool,
}

impl Verdict {
    /// Whether the request may be served.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        matches!(self.decision, Decision::Allow(_))
    }

    /// The denial, if the request is denied.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match &self.decision {
            Decision::Allow(_) | Decision::Preflight(_) => None,
            Decision::Deny(denial) => Some(denial),
        }
    }

    /// The HTTP status of the response, if the request is not served.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.denial().map(|denial| denial.status)
    }
}

/// The decision about a request.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "boxing the common variant would allocate on every request")]
pub enum Decision {
    /// Serve it; pass the ticket to [`Engine::respond`](crate::Engine::respond) with the response.
    Allow(Ticket),
    /// Reject it with this response.
    Deny(Box<Denial>),
    /// A CORS preflight that is allowed: respond with this, without the application.
    Preflight(Box<Preflight>),
}

/// The response to a preflight, as data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Preflight {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Headers of the response, security headers included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// The data about an admitted request for the response phase: owned and of fixed size, so that the handler can consume
/// the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) client: Client,
    pub(crate) subject: Subject,
    /// The route bypasses all checks and the headers.
    pub(crate) bypass_all: bool,
    /// Behaviour rules count the response.
    pub(crate) tracks_behaviour: bool,
    /// The client has strikes.
    pub(crate) has_strikes: bool,
    /// The allow list that applies contains the client.
    pub(crate) allowlisted: bool,
    /// Exempt from rate limits.
    pub(crate) exempt: bool,
    /// An outer guard admitted the request before.
    pub(crate) nested: bool,
    /// The policy of the outermost guard.
    pub(crate) outermost: Option<PolicyHandle>,
    /// A guard found the body broken, and let the request pass.
    pub(crate) has_broken_body: bool,
    /// The classes with which the head was inspected, by all guards.
    pub(crate) head_classes: ClassSet,
    /// The classes with which the whole body was inspected, by all guards.
    pub(crate) body_classes: ClassSet,
    pub(crate) outcomes: Outcomes,
    pub(crate) rate: Option<RateState>,
    /// The result of the CORS rules for the `Origin` of the request.
    pub(crate) origin: Origin,
}

impl Ticket {
    /// The policy of the route.
    #[must_use]
    pub const fn policy(&self) -> Option<PolicyHandle> {
        self.policy
    }

    /// The policy of the outermost guard around the route; for a guard that is inside none, its own.
    #[must_use]
    pub const fn outermost_policy(&self) -> Option<PolicyHandle> {
        self.outermost
    }

    /// The client of the request.
    #[must_use]
    pub const fn client(&self) -> Client {
        self.client
    }

    /// The tightest limit of the request, if it counts for one.
    #[must_use]
    pub const fn rate(&self) -> Option<RateState> {
        self.rate
    }

    /// Whether an outer guard admitted the request before this one, which then sets no headers on the response.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        self.nested
    }

    /// Take over the limit of an inner guard if it is tighter.
    pub fn tighten(&mut self, rate: RateState) {
        if self.rate.is_none_or(|own| rate.remaining < own.remaining) {
            self.rate = Some(rate);
        }
    }
}

/// Maximum number of outcome limits of one request.
pub(crate) const MAX_OUTCOMES: usize = 4;

/// The outcome limits of a request.
pub(crate) type Outcomes = [Option<OutcomeLimit>; MAX_OUTCOMES];

/// A limit that counts by outcome, and its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutcomeLimit {
    pub(crate) tier: TierRef,
    /// The digest of the subject; `None` for the client.
    pub(crate) digest: Option<[u8; 16]>,
}

/// The tightest limit of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateState {
    /// Hits allowed per window.
    pub limit: u32,
    /// Hits left.
    pub remaining: u32,
    /// The window.
    pub window: Duration,
    /// Time until the next hit passes, if the limit is exceeded; else until the counter is empty.
    pub reset: Duration,
}

/// The response to a rejected request, as data. The server omits the body for `HEAD`, as in every response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Denial {
    /// The check that rejected the request.
    pub check: Check,
    /// The HTTP status: that of the check, but 200 for a gRPC call, whose status is a header.
    pub status: u16,
    /// The body. `{reference}` is a placeholder that [`Denial::set_reference_id`] replaces.
    pub body: String,
    /// Headers of the response, security headers included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The id in the response, the event and the log line; set by the driver.
    pub reference: ReferenceId,
    reference_header: Option<HeaderName>,
}

impl Denial {
    pub(crate) fn new(check: Check, status: u16, body: String, reference_header: Option<HeaderName>) -> Self {
        let reference = ReferenceId::default();
        Self { check, status, body, headers: Vec::new(), reference, reference_header }
    }

    /// Set the reference id: in the header, and in place of the placeholder in the body.
    pub fn set_reference_id(&mut self, reference: ReferenceId) {
        self.reference = reference;
        let text = alloc::format!("{reference}");
        if self.body.contains("{reference}") {
            self.body = self.body.replace("{reference}", &text);
        }
        for (name, value) in &mut self.headers {
            // The message of a rejected gRPC call is in a header.
            if name == "grpc-message"
                && let Ok(words) = value.to_str()
                && let Ok(words) = HeaderValue::try_from(words.replace("{reference}", &text))
            {
                *value = words;
            }
        }
        if let Some((name, value)) = self.reference_header.clone().zip(HeaderValue::from_str(&text).ok()) {
            self.headers.push((name, value));
        }
    }
}

/// The part of a request that was inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Bytes that were inspected.
    pub inspected: u64,
    /// Steps of work that the inspection took, each about a nanosecond. At most 4 Mi steps and 150 for each byte received for
    /// the head, and as many for the body; past that the rest is a gap, [`Gaps::WORK`].
    pub steps: u64,
    /// The gaps.
    pub gaps: Gaps,
}

impl Coverage {
    /// Add the coverage by another guard of the same request.
    pub fn merge(&mut self, other: Self) {
        self.inspected = self.inspected.saturating_add(other.inspected);
        self.steps = self.steps.saturating_add(other.steps);
        self.gaps.merge(other.gaps);
    }

    /// Whether the whole request was inspected, or inspection is off by configuration.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// The metrics of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The outcome.
    pub outcome: Outcome,
    /// The first check that rejected it, also in report-only mode.
    pub check: Option<Check>,
    /// The status of a rejection.
    pub status: Option<u16>,
    /// The class of an attack.
    pub class: Option<Class>,
    /// Bytes that were inspected.
    pub inspected: u64,
    /// The gaps.
    pub gaps: Gaps,
    /// The policy of the route.
    pub policy: Option<PolicyHandle>,
    /// A forwarding header from a peer that is not trusted was ignored.
    pub spoofed: bool,
    /// The store was unavailable.
    pub store_unavailable: bool,
    /// A ban was due but the store has no capacity for it.
    pub ban_rejected: bool,
}

impl Record {
    /// The record of a request that no check has rejected.
    pub(crate) const fn new(policy: Option<PolicyHandle>, spoofed: bool) -> Self {
        Self {
            outcome: Outcome::Allow,
            check: None,
            status: None,
            class: None,
            inspected: 0,
            gaps: Gaps::NONE,
            policy,
            spoofed,
            store_unavailable: false,
            ban_rejected: false,
        }
    }
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Served.
    Allow,
    /// Served, although a check rejected it: report-only mode.
    Report,
    /// Rejected.
    Deny,
}

impl Outcome {
    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Report => "report",
            Self::Deny => "deny",
        }
    }
}
