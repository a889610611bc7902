//! The state of a request, shared by the route wrappers, the data guards and the fairing. It is stored in the local cache of
//! the request.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use portcullis_runtime::{Admission, Arrival, Exchange, PolicyHandle, RejectionInfo, StoreReplies};
use rocket::Request;
use rocket::http::{Method, Status};

use crate::relay::DataGuardEnd;

/// The state of a request.
#[derive(Default)]
pub(crate) struct RequestState {
    /// The request keeps the engine of its arrival; the response borrows headers from it.
    pub(crate) arrival: OnceLock<Arrival>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The method of the client: Rocket may route `HEAD` as `GET`. `None` without the fairing.
    pub(crate) method: Option<Method>,
    /// The body is truncated.
    pub(crate) is_broken: bool,
    /// A guarded handler runs.
    pub(crate) serving: bool,
    /// The replies of the store to this request, from all routes that checked it.
    pub(crate) replies: StoreReplies,
    /// Set when the request is admitted.
    pub(crate) admission: Option<Admission>,
    /// The exchange of the guard around the route, for the response.
    pub(crate) exchange: Option<Exchange>,
    /// The exchanges of guards inside that one.
    pub(crate) inner_exchanges: Vec<Exchange>,
    /// The response is one of the guard.
    pub(crate) is_guard_response: bool,
    /// The cause, if the guard rejected the request.
    pub(crate) rejection: Option<RejectionInfo>,
    /// The status with which the latest route forwarded the request.
    pub(crate) forward_status: Option<Status>,
    pub(crate) principal: Option<String>,
    pub(crate) cost: Option<u32>,
    /// For the data guard: the relay of a body that the guard reads.
    pub(crate) data_guard: Option<DataGuardEnd>,
}

impl RequestState {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The method that the client sent, or the `_method` of a form that Rocket replaced it with.
    pub(crate) fn method(&self, request: &Request<'_>) -> &'static str {
        self.state().method.unwrap_or(request.method()).as_str()
    }

    /// Record an admission, and its exchange for the response.
    pub(crate) fn admit(&self, admission: Admission) {
        let mut state = self.state();
        let exchange = admission.exchange().clone();
        if exchange.is_nested() {
            state.inner_exchanges.push(exchange);
        } else {
            // A route that forwarded the request does not respond.
            state.inner_exchanges.clear();
            state.exchange = Some(exchange);
        }
        state.admission = Some(admission);
    }

    /// Whether the request was already admitted under this policy.
    pub(crate) fn was_admitted(&self, policy: Option<PolicyHandle>) -> bool {
        self.state().exchange.as_ref().is_some_and(|exchange| exchange.ticket().policy() == policy)
    }
}
