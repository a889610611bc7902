//! The properties of an admitted request, for handlers and inner guards.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Extensions;
use portcullis_core::detect::Finding;
use portcullis_core::{Client, Coverage, Outcome, RateState, ReferenceId, Verdict};

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
    /// The outcome that was counted.
    outcome: Outcome,
    /// Absent for most requests.
    details: Option<Arc<AdmissionDetails>>,
}

/// The rare parts of an admission.
#[derive(Debug, Default)]
pub(crate) struct AdmissionDetails {
    finding: Option<Box<Finding>>,
    principal: Option<String>,
    reference: Option<ReferenceId>,
    /// The values that verifiers and hooks attached.
    pub(crate) attachments: Extensions,
    /// The details of the outer guard.
    outer: Option<Arc<AdmissionDetails>>,
}

impl AdmissionDetails {
    /// The details of a verdict.
    pub(crate) fn new(verdict: &mut Verdict, reference: Option<ReferenceId>) -> Self {
        let (finding, principal) = (verdict.finding.take(), verdict.principal.take());
        Self { finding, principal, reference, ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.finding.is_none()
            && self.principal.is_none()
            && self.reference.is_none()
            && self.attachments.is_empty()
    }

    /// What `get` returns for these details, or else for those of the outer guard.
    fn find<'d, T>(&'d self, get: impl Fn(&'d Self) -> Option<T> + Copy) -> Option<T> {
        get(self).or_else(|| self.outer.as_ref()?.find(get))
    }
}

impl Admission {
    /// An admission by a guard, and by the outer guard before.
    pub(crate) fn new(
        exchange: Exchange,
        mut coverage: Coverage,
        outcome: Outcome,
        mut details: AdmissionDetails,
        outer: Option<&Self>,
    ) -> Self {
        let outer_details = outer.and_then(|outer| outer.details.clone());
        if let Some(outer) = outer {
            coverage.merge(outer.coverage);
        }
        let details = match details.is_empty() {
            true => outer_details,
            false => {
                details.outer = outer_details;
                Some(Arc::new(details))
            }
        };
        Self { exchange, coverage, outcome, details }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn detail<'a, T>(&'a self, get: impl Fn(&'a AdmissionDetails) -> Option<T> + Copy) -> Option<T> {
        self.details.as_ref()?.find(get)
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
        self.detail(|details| details.principal.as_deref())
    }

    /// The attack that was detected and let pass: passive mode, or a check in report-only mode.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.detail(|details| details.finding.as_deref())
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
        self.detail(|details| details.reference)
    }

    /// The value of this type that a verifier or hook attached to the request: see
    /// [`RequestView::attachments`](crate::RequestView::attachments).
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.detail(|details| details.attachments.get())
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

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("client", &self.client())
            .field("policy", &self.policy())
            .field("coverage", &self.coverage)
            .finish_non_exhaustive()
    }
}
