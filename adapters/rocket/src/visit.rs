//! A request on its way through Rocket: what the wrappers of routes, the data guards and the fairing tell each other. It
//! lives in the request's local cache.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use portcullis_runtime::{Answers, Engine, Guard, PolicyHandle, Ticket};
use rocket::Request;
use rocket::http::{Method, Status};

use crate::relay::Reading;

/// What is known about a request so far.
#[derive(Default)]
pub(crate) struct Visit(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    /// When the request came, and its method then: Rocket tries `HEAD` again as `GET`. `None` without the fairing.
    pub(crate) began: Option<(Instant, Method)>,
    /// A request keeps the engine it began with.
    pub(crate) engine: Option<Arc<Engine>>,
    /// A guarded handler runs.
    pub(crate) serving: bool,
    /// What the store said about the request, whichever route asked.
    pub(crate) answers: Answers,
    pub(crate) passed: Option<Passed>,
    /// The response is the guard's own.
    pub(crate) own: bool,
    /// The status with which the latest route passed the request on.
    pub(crate) forwarded: Option<Status>,
    pub(crate) principal: Option<String>,
    pub(crate) cost: Option<u32>,
    /// For the data guard: a body that the guard waits for.
    pub(crate) reading: Option<Reading>,
}

/// A request that was let through.
#[derive(Clone)]
pub(crate) struct Passed {
    pub(crate) guard: Guard,
    pub(crate) engine: Arc<Engine>,
    pub(crate) ticket: Ticket,
    pub(crate) route: Option<String>,
}

impl Visit {
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The method that the client sent, or that Rocket took for it from a form's `_method`.
    pub(crate) fn method(&self, request: &Request<'_>) -> &'static str {
        self.state().began.map_or(request.method(), |(_, method)| method).as_str()
    }

    pub(crate) fn principal(&self) -> Option<String> {
        self.state().principal.clone()
    }

    /// Whether the request was let through under this policy already.
    pub(crate) fn has_passed(&self, policy: Option<PolicyHandle>) -> bool {
        self.state().passed.as_ref().is_some_and(|passed| passed.ticket.policy() == policy)
    }
}
