//! Guarded routes: the routes of the application with their handlers wrapped, and the fallback for all other paths.

use rocket::data::FromData as _;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Route};

use crate::fairing::{GuardFairing, LAST};
use crate::handler::GuardedHandler;
use crate::inspected::InspectedStream;
use crate::request_state::RequestState;

impl GuardFairing {
    /// Guard these routes. A body of more than 512 bytes, which Rocket passes only to data guards, is rejected with 413: see
    /// [`GuardFairing::inspected`].
    #[must_use]
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        self.wrap(routes.into(), false)
    }

    /// Guard these routes, which read their bodies as [`Inspected`](crate::Inspected) or
    /// [`InspectedStream`](crate::InspectedStream), which wait for the guard. If a route responds to a body of more than 512
    /// bytes without reading it so, its response is replaced by 500, and the log names the fix.
    #[must_use]
    pub fn inspected(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        self.wrap(routes.into(), true)
    }

    /// Guarded routes for the requests that match no other route, including bodies of any length; then a catcher responds.
    #[must_use]
    pub fn fallback(&self) -> Vec<Route> {
        // Without `HEAD`: Rocket routes a `HEAD` that matches no route as `GET`.
        let methods = [
            Method::Get,
            Method::Put,
            Method::Post,
            Method::Delete,
            Method::Options,
            Method::Trace,
            Method::Connect,
            Method::Patch,
        ];
        let routes = methods.map(|method| Route::ranked(LAST, method, "/<path..>", FallbackHandler));
        self.wrap(routes.into(), true)
    }

    fn wrap(&self, routes: Vec<Route>, inspects: bool) -> Vec<Route> {
        let wrap = |mut route: Route| {
            route.handler =
                Box::new(GuardedHandler { fairing: self.clone(), inner: route.handler, inspects });
            route
        };
        routes.into_iter().map(wrap).collect()
    }
}

/// Passes every request on to the catchers, after the guard has read its body.
#[derive(Clone)]
struct FallbackHandler;

#[rocket::async_trait]
impl Handler for FallbackHandler {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let (status, is_awaited) = {
            let state = RequestState::of(request).state();
            (state.forward_status.unwrap_or(Status::NotFound), state.data_guard.is_some())
        };
        if !is_awaited {
            return Outcome::Forward((data, status));
        }
        // No route comes after this one, so the body may be consumed for the guard alone.
        match InspectedStream::from_data(request, data).await {
            rocket::data::Outcome::Error((error_status, _)) => Outcome::Error(error_status),
            _ => Outcome::Error(status),
        }
    }
}
