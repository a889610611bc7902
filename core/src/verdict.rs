//! The outcome of a request: what to do, why, and what to remember.

mod attack;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::check::rate::TierRef;
use crate::config::policy::PolicyHandle;
use crate::detect::{Class, Finding};
use crate::event::Event;
use crate::request::client::Client;
use crate::respond::Origin;
use crate::state::{Batch, Subject};

/// The checks of the engine, in the order in which they are made; the names of the family's pipeline where it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Check {
    /// The route's policy could not be found, or its guard is wired wrongly.
    RouteConfig,
    /// The client's address could not be determined.
    ClientAddress,
    /// The lock-down.
    EmergencyMode,
    /// Lists of addresses and countries, global and of the route.
    IpSecurity,
    /// Lists of cloud providers.
    CloudProvider,
    /// The host that the request names.
    Host,
    /// Lists of user agents.
    UserAgent,
    /// Paths and fields that nobody asks for by accident.
    Trap,
    /// Bans.
    IpBan,
    /// Limits.
    RateLimit,
    /// Rules over many requests, and the throttling that follows from them.
    Behaviour,
    /// The store did not answer and a rule says `deny`.
    State,
    /// HTTPS.
    HttpsEnforcement,
    /// Size, type, encoding and completeness of the body.
    RequestSizeContent,
    /// Headers that a route requires.
    RequiredHeaders,
    /// Credentials.
    Authentication,
    /// Where the request comes from.
    Referrer,
    /// Hooks that are asked before inspection.
    CustomValidators,
    /// The hours of a route.
    TimeWindow,
    /// Attack detection.
    SuspiciousActivity,
    /// Hooks that are asked after every other check.
    CustomRequest,
    /// CORS preflights.
    Cors,
}

/// Every check with its name.
const CHECKS: [(Check, &str); 22] = [
    (Check::RouteConfig, "route_config"),
    (Check::ClientAddress, "client_address_unresolved"),
    (Check::EmergencyMode, "emergency_mode"),
    (Check::IpSecurity, "ip_security"),
    (Check::CloudProvider, "cloud_provider"),
    (Check::Host, "host"),
    (Check::UserAgent, "user_agent"),
    (Check::Trap, "trap"),
    (Check::IpBan, "ip_ban"),
    (Check::RateLimit, "rate_limit"),
    (Check::Behaviour, "behaviour"),
    (Check::State, "state"),
    (Check::HttpsEnforcement, "https_enforcement"),
    (Check::RequestSizeContent, "request_size_content"),
    (Check::RequiredHeaders, "required_headers"),
    (Check::Authentication, "authentication"),
    (Check::Referrer, "referrer"),
    (Check::CustomValidators, "custom_validators"),
    (Check::TimeWindow, "time_window"),
    (Check::SuspiciousActivity, "suspicious_activity"),
    (Check::CustomRequest, "custom_request"),
    (Check::Cors, "cors"),
];

impl Check {
    /// The name in configuration, events, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        CHECKS[self as usize].1
    }

    /// Every check.
    pub fn all() -> impl Iterator<Item = Self> {
        CHECKS.into_iter().map(|(check, _)| check)
    }

    /// The check of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CHECKS.iter().find(|(_, known)| *known == name).map(|(check, _)| *check)
    }
}

/// A set of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CheckSet(u32);

impl CheckSet {
    pub(crate) const fn with(self, check: Check) -> Self {
        Self(self.0 | 1 << check as u8)
    }

    pub(crate) const fn has(self, check: Check) -> bool {
        self.0 & 1 << check as u8 != 0
    }
}

/// What the engine decided about one request.
#[derive(Debug)]
#[must_use = "a verdict that is not acted on lets every request pass"]
#[non_exhaustive]
pub struct Verdict {
    /// Serve the request or refuse it.
    pub decision: Decision,
    /// Whose request it is.
    pub client: Client,
    /// The attack that was found, also when passive mode let it pass.
    pub finding: Option<Box<Finding>>,
    /// What was inspected and what was not.
    pub coverage: Coverage,
    /// Writes that do not change this verdict: give the replies to [`Engine::events_for_replies`](crate::Engine::conclude), or hand
    /// them to [`StateStore::defer`](crate::StateStore::defer) and do without the events.
    pub deferred: Option<Box<Batch>>,
    /// What happened, for sinks. Empty, without an allocation, when nothing did.
    pub events: Vec<Event>,
    /// Numbers about the request, always.
    pub record: Record,
    /// Who the verifier said is asking, for the application.
    pub principal: Option<String>,
    /// The checks that objected, in order, with their reasons. Empty, without an allocation, when none did.
    pub objections: Vec<Rejection>,
}

/// A check that objected to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// Which.
    pub check: Check,
    /// The status that it asked for.
    pub status: u16,
    /// Why, in one line.
    pub reason: String,
    /// What an attack was told by; empty for everything else.
    pub trigger: String,
    /// Whether it was let pass: passive mode, or a check in shadow.
    pub report_only: bool,
}

impl Verdict {
    /// Whether the request may be served.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        matches!(self.decision, Decision::Allow(_))
    }

    /// The refusal, if it is one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match &self.decision {
            Decision::Allow(_) | Decision::Preflight(_) => None,
            Decision::Deny(denial) => Some(denial),
        }
    }

    /// The status of HTTP that a refusal is answered with.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.denial().map(|denial| denial.status)
    }
}

/// Serve or refuse.
#[derive(Debug)]
pub enum Decision {
    /// Serve it; the ticket goes to [`Engine::respond`](crate::Engine::respond) with the response.
    Allow(Ticket),
    /// Answer with this instead.
    Deny(Box<Denial>),
    /// A preflight of CORS that asks for nothing but what is allowed: answer with this, without the application.
    Preflight(Box<Preflight>),
}

/// The answer to a preflight, as data.
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

/// What the response phase needs to know about an admitted request: owned and of fixed size, so that the request itself
/// can be consumed by the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) client: Client,
    pub(crate) subject: Subject,
    /// A route that does without all checks does without headers too.
    pub(crate) bypass_all: bool,
    /// Behaviour rules count the response.
    pub(crate) tracks_behaviour: bool,
    /// The client has points from attacks.
    pub(crate) has_strikes: bool,
    pub(crate) outcomes: Outcomes,
    pub(crate) rate: Option<RateState>,
    /// What the rules of CORS say about where the request came from.
    pub(crate) origin: Origin,
}

impl Ticket {
    /// The policy of the route.
    #[must_use]
    pub const fn policy(&self) -> Option<PolicyHandle> {
        self.policy
    }

    /// Whose request it was.
    #[must_use]
    pub const fn client(&self) -> Client {
        self.client
    }
}

/// The most limits by outcome that one request can be under.
pub(crate) const MAX_OUTCOMES: usize = 4;

/// The limits that a response may count for.
pub(crate) type Outcomes = [Option<OutcomeLimit>; MAX_OUTCOMES];

/// A limit that counts by outcome, and whom it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutcomeLimit {
    pub(crate) tier: TierRef,
    /// What the key of the limit names; `None` for the client.
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
    /// Until the next hit would pass, if it is refused; else until the counter is empty.
    pub reset: Duration,
}

/// A refusal, as data. To `HEAD` the server sends it without the body, as it does with every response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Denial {
    /// Which check refused.
    pub check: Check,
    /// The status code of HTTP: that of the check, but 200 for a call of gRPC, whose own status is a header.
    pub status: u16,
    /// The body. `{reference}` stands for the reference id until [`Denial::set_reference_id`] fills it in.
    pub body: String,
    /// Headers of the response, security headers included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The id that stands in the response, the event and the log line; filled in by the driver.
    pub reference: ReferenceId,
    reference_header: Option<HeaderName>,
}

impl Denial {
    pub(crate) fn new(check: Check, status: u16, body: String, reference_header: Option<HeaderName>) -> Self {
        let reference = ReferenceId::default();
        Self { check, status, body, headers: Vec::new(), reference, reference_header }
    }

    /// Give the refusal its reference id: in the header, and in the body where it asks for it.
    pub fn set_reference_id(&mut self, reference: ReferenceId) {
        self.reference = reference;
        let text = alloc::format!("{reference}");
        if self.body.contains("{reference}") {
            self.body = self.body.replace("{reference}", &text);
        }
        for (name, value) in &mut self.headers {
            // The words of a refusal of gRPC stand in a header.
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

/// An id that ties a refused response to its event and log line: 16 hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReferenceId(pub u64);

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What detection saw of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Bytes that were inspected.
    pub seen: u64,
    /// Why something was not, if it was not.
    pub gaps: Gaps,
}

impl Coverage {
    /// Whether everything there was has been inspected, or inspection is off by configuration.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.gaps.0 == 0
    }
}

/// Reasons why something was not inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps(u8);

impl Gaps {
    /// The body is longer than what is read, or inflates to more than what is inspected.
    pub const LENGTH: Self = Self(1);
    /// The body or a part of it is in a coding that is not undone, or the coding is broken.
    pub const CODING: Self = Self(1 << 1);
    /// The body or a part of it is in a charset that is not understood.
    pub const CHARSET: Self = Self(1 << 2);
    /// The policy hands the body through unread.
    pub const SKIPPED: Self = Self(1 << 3);
    /// The body ended early, or could not be read.
    pub const BROKEN: Self = Self(1 << 4);
    /// The body has more parts, part headers, levels or tokens than are looked into, or a value holds base64 in base64 more
    /// often than is undone.
    pub const VALUES: Self = Self(1 << 5);
    /// The body inflates to many times its length; the rest of it was not inflated.
    pub const RATIO: Self = Self(1 << 6);

    /// The body takes more work than the bytes received allow; the rest of it was not inspected.
    pub const WORK: Self = Self(1 << 7);

    const NAMES: [(Self, &'static str); 8] = [
        (Self::LENGTH, "length"),
        (Self::CODING, "coding"),
        (Self::CHARSET, "charset"),
        (Self::SKIPPED, "skipped"),
        (Self::BROKEN, "broken"),
        (Self::VALUES, "values"),
        (Self::RATIO, "ratio"),
        (Self::WORK, "work"),
    ];

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn add(&mut self, gap: Self) {
        self.0 |= gap.0;
    }

    pub(crate) const fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `gap` is among the reasons.
    #[must_use]
    pub const fn has(self, gap: Self) -> bool {
        self.0 & gap.0 != 0
    }

    /// The names of the reasons.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(gap, _)| self.has(*gap)).map(|(_, name)| name)
    }
}

/// Numbers about one request: `Copy`, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// How it ended.
    pub outcome: Outcome,
    /// The check that refused it, or would have in passive mode.
    pub check: Option<Check>,
    /// The status of a refusal.
    pub status: Option<u16>,
    /// The class of an attack.
    pub class: Option<Class>,
    /// Bytes that were inspected.
    pub inspected: u64,
    /// Why something was not inspected.
    pub gaps: Gaps,
    /// The policy of the route.
    pub policy: Option<PolicyHandle>,
    /// A forwarding header from a peer that is not trusted was ignored.
    pub spoofed: bool,
    /// The store did not answer.
    pub store_unavailable: bool,
    /// A ban was due but the store had no room for it.
    pub ban_refused: bool,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Served.
    Allow,
    /// Served, although a check objected: passive mode.
    Report,
    /// Refused.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_checks_is_in_the_order_of_the_checks() {
        for (index, check) in Check::all().enumerate() {
            assert_eq!(check as usize, index, "{}", check.name());
            assert_eq!(Check::named(check.name()), Some(check));
        }
    }
}
