//! The arrival of a request at a guard, and its admission.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use portcullis_core::{Engine, Outcome, Timestamp};

use crate::guard::Guard;
use crate::request::admission::Admission;
use crate::request::exchange::Exchange;
use crate::request::response::GuardResponse;

/// The arrival of a request: its instant, and the engine in force. The request keeps that engine to its end.
///
/// [`Arrival::start`] decides about the request without awaiting, if that is possible, and [`Arrival::check`] otherwise.
#[derive(Clone)]
pub struct Arrival {
    pub(crate) guard: Guard,
    pub(crate) engine: Arc<Engine>,
    /// The instant of arrival by the clock of the guard.
    pub(crate) now: Timestamp,
    /// The instant of arrival by the monotonic clock, for the duration of the request.
    pub(crate) instant: Instant,
    /// The admission by the outer guard.
    pub(crate) outer: Option<Arc<Admission>>,
}

const OTHER_GUARD: &str = "Two guards that are not clones of one another wrap this route. Build one `Guard`, and use its \
     clones for all layers.";

impl Guard {
    /// Start a request: take the engine in force, and read the clock once.
    #[must_use]
    pub fn arrive(&self) -> Arrival {
        let engine = self.engine();
        let (now, instant) = self.0.clock.read();
        Arrival { guard: self.clone(), engine, now, instant, outer: None }
    }

    /// Start a request in a guard inside another, which admitted it as `outer`. Only what the policy of the inner guard adds is
    /// checked, by the engine and at the instant of the outer guard.
    ///
    /// # Errors
    /// The response to a request whose outer guard is not a clone of this one: its counters and rules are others, so neither
    /// guard can take the other into account.
    pub fn arrive_within(&self, outer: &Admission) -> Result<Arrival, GuardResponse> {
        if !Arc::ptr_eq(&self.0, &outer.guard().0) {
            return Err(GuardResponse::misconfigured(OTHER_GUARD));
        }
        let Exchange { guard, engine, now, instant, .. } = outer.exchange().clone();
        Ok(Arrival { guard, engine, now, instant, outer: Some(Arc::new(outer.clone())) })
    }
}

impl Arrival {
    /// The engine that checks the request.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The outcome of the request after this guard's: the more severe of that of the outer guard and this.
    pub(crate) fn outcome(&self, own: Outcome) -> Outcome {
        let outer = self.outer.as_ref().map(|outer| outer.outcome());
        match (outer, own) {
            (Some(outer), Outcome::Allow) => outer,
            _ => own,
        }
    }

    /// Whether an outer guard admitted the request before.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.outer.is_some()
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("now", &self.now).finish_non_exhaustive()
    }
}

/// An admitted request: serve it.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdmittedRequest {
    /// The properties of the request: add them to the request. Its exchange handles the response.
    pub admission: Admission,
    /// The bytes read of the body: pass them to the handler, in front of the rest.
    pub replay: Option<Bytes>,
}
