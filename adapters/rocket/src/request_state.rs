//! A request on its way through Rocket: what the wrappers of routes, the data guards and the fairing tell each other. It
//! lives in the request's local cache.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use portcullis_runtime::{Arrival, Exchange, PolicyHandle, StoreReplies};
use rocket::Request;
use rocket::http::{Method, Status};

use crate::relay::DataGuardEnd;

/// What is known about a request so far.
#[derive(Default)]
pub(crate) struct RequestState {
    /// A request keeps the engine in force when it arrived; its response borrows headers from it.
    pub(crate) arrival: OnceLock<Arrival>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The method that the client sent: Rocket tries `HEAD` again as `GET`. `None` without the fairing.
    pub(crate) method: Option<Method>,
    /// The body broke off.
    pub(crate) broken: bool,
    /// A guarded handler runs.
    pub(crate) serving: bool,
    /// What the store said about the request, whichever route asked.
    pub(crate) answers: StoreReplies,
    /// The request was let through.
    pub(crate) exchange: Option<Exchange>,
    /// The response is the guard's own.
    pub(crate) own: bool,
    /// The status with which the latest route passed the request on.
    pub(crate) forwarded: Option<Status>,
    pub(crate) principal: Option<String>,
    pub(crate) cost: Option<u32>,
    /// For the data guard: a body that the guard waits for.
    pub(crate) reading: Option<DataGuardEnd>,
}

impl RequestState {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The method that the client sent, or that Rocket took for it from a form's `_method`.
    pub(crate) fn method(&self, request: &Request<'_>) -> &'static str {
        self.state().method.unwrap_or(request.method()).as_str()
    }

    /// Whether the request was let through under this policy already.
    pub(crate) fn has_passed(&self, policy: Option<PolicyHandle>) -> bool {
        self.state().exchange.as_ref().is_some_and(|exchange| exchange.ticket().policy() == policy)
    }
}
