//! What the guard knows about an admitted request, for handlers and outer layers.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_core::detect::Finding;
use portcullis_core::{Client, Coverage, RateState, ReferenceId, Verdict};

use crate::guard::Guard;
use crate::request::exchange::Exchange;
use crate::request::message::Messages;

/// The admission of a request by a guard. Adapters add it to the request, where handlers and inner layers read it.
///
/// A guard on a route inside a guarded router finds the admission of the outer one, checks only what its policy adds, and
/// replaces it by its own, which contains both.
#[derive(Clone)]
pub struct Admission {
    exchange: Exchange,
    coverage: Coverage,
    /// Absent for most requests.
    details: Option<Arc<Details>>,
}

/// The rare parts of an admission.
#[derive(Clone, Debug, Default)]
struct Details {
    finding: Option<Box<Finding>>,
    principal: Option<String>,
    reference: Option<ReferenceId>,
}

impl Admission {
    /// The admission by this verdict, and by the outer guard before.
    pub(crate) fn new(
        exchange: Exchange,
        verdict: &mut Verdict,
        reference: Option<ReferenceId>,
        outer: Option<&Self>,
    ) -> Self {
        let (finding, principal) = (verdict.finding.take(), verdict.principal.take());
        let mut coverage = verdict.coverage;
        let mut details = (finding.is_some() || principal.is_some() || reference.is_some())
            .then(|| Arc::new(Details { finding, principal, reference }));
        if let Some(outer) = outer {
            coverage.merge(outer.coverage);
            details = match (details, &outer.details) {
                (Some(own), Some(outer)) => Some(Arc::new(own.or(outer))),
                (own, outer) => own.or_else(|| outer.clone()),
            };
        }
        Self { exchange, coverage, details }
    }

    /// The address of the client, behind trusted proxies too; `None` for a client without an address.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.client_info().address
    }

    /// The client: its address, and whether it reached the site over HTTPS.
    #[must_use]
    pub fn client_info(&self) -> Client {
        self.exchange.ticket().client()
    }

    /// The name of the policy that applies; for a policy of `[[route]]`, the pattern.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.exchange.engine().policy_name(self.exchange.ticket().policy()?)
    }

    /// The principal that a verifier returned for the credential.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.details.as_ref()?.principal.as_deref()
    }

    /// The attack that was detected and let pass: passive mode, or a check in report-only mode.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.details.as_ref()?.finding.as_deref()
    }

    /// The part of the request that was inspected, and the gaps.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The tightest limit that the request counts for.
    #[must_use]
    pub fn rate(&self) -> Option<RateState> {
        self.exchange.ticket().rate()
    }

    /// The id in the events about this request; `None` without an event.
    #[must_use]
    pub fn reference(&self) -> Option<ReferenceId> {
        self.details.as_ref()?.reference
    }

    /// The inspector for the messages of the connection that this request opens, such as a WebSocket, under its client and
    /// policy. `path` is that of the handshake, for events.
    #[must_use]
    pub fn messages(&self, path: &str) -> Messages {
        self.exchange.messages(path)
    }

    /// The guard that admitted the request, for example to ban its client.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        self.exchange.guard()
    }

    /// The exchange, which handles the response.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }
}

impl Details {
    /// These details; of those that are absent, the ones of the outer guard.
    fn or(&self, outer: &Self) -> Self {
        Self {
            finding: self.finding.clone().or_else(|| outer.finding.clone()),
            principal: self.principal.clone().or_else(|| outer.principal.clone()),
            reference: self.reference.or(outer.reference),
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("client", &self.client())
            .field("policy", &self.policy())
            .field("coverage", &self.coverage)
            .finish_non_exhaustive()
    }
}
