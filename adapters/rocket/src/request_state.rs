//! The state of a request, shared by the route wrappers, the data guards and the fairing. It is stored in the local cache of
//! the request.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use portcullis_runtime::{Admission, Arrival, PolicyHandle, RejectionInfo, StoreReplies};
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
    /// The admissions: by the guard around the route, and by the guards inside it.
    pub(crate) admissions: Vec<Admission>,
    /// A guarded handler whose data guard reads the body runs.
    pub(crate) inspects: bool,
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

    /// Record an admission.
    pub(crate) fn admit(&self, admission: Admission) {
        let mut state = self.state();
        if !admission.exchange().is_nested() {
            // A route that forwarded the request does not respond.
            state.admissions.clear();
        }
        state.admissions.push(admission);
    }

    /// Keep only the admission by the guard around the route: a route that forwarded the request does not respond.
    pub(crate) fn readmit(&self) {
        self.state().admissions.truncate(1);
    }

    /// Whether the request was already admitted under this policy.
    pub(crate) fn was_admitted(&self, policy: Option<PolicyHandle>) -> bool {
        let state = self.state();
        let admission = state.admissions.first();
        admission.is_some_and(|admission| admission.exchange().ticket().policy() == policy)
    }
}
