//! The fairing: it wraps the handlers of routes, and adds the headers of the guard to their responses.

use portcullis_runtime::{AppResponse, Guard, Peer, PolicyHandle, ResponseObserver};
use rocket::data::FromData as _;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Build, Data, Request, Response, Rocket, Route};

use crate::handler::GuardedHandler;
use crate::head::{RocketHeaders, pattern};
use crate::inspected::InspectedStream;
use crate::peek::is_broken;
use crate::request_state::RequestState;
use crate::respond;
use crate::watch;

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `remote` on a request of the local client, or set \
     the source of the address with `GuardFairing::peer_from`";

/// The rank of the fallback routes, after all others.
pub(crate) const LAST: isize = isize::MAX;

/// Guards routes, and as a fairing adds headers to their responses. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardFairing {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: fn(&Request<'_>) -> Peer,
    pub(crate) tls: fn(&Request<'_>) -> bool,
}

impl GuardFairing {
    /// A fairing that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: connection, tls: |_| false }
    }

    /// Apply this policy in addition.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, for connections without an address. Do not read headers in it: the guard
    /// reads forwarding headers itself, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Request<'_>) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, for servers that terminate it: `.tls_from(|_| true)`. If a proxy terminates TLS,
    /// set `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&Request<'_>) -> bool) -> Self {
        self.tls = tls;
        self
    }

    /// Guard these routes. A body of more than 512 bytes, which Rocket passes only to data guards, is rejected with 413: see
    /// [`GuardFairing::inspected`].
    #[must_use]
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        self.wrap(routes.into(), false)
    }

    /// Guard these routes, which read their bodies as [`Inspected`](crate::Inspected) or
    /// [`InspectedStream`](crate::InspectedStream), which wait for the guard. If a route responds to a body of more than 512
    /// bytes without reading it so, its response is replaced by 500 and a text that names the fix.
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

fn connection(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
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

/// Managed state that marks the fairing as attached.
pub(crate) struct FairingMarker;

#[rocket::async_trait]
impl Fairing for GuardFairing {
    fn info(&self) -> Info {
        Info { name: "Portcullis", kind: Kind::Ignite | Kind::Request | Kind::Response | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let rocket = rocket.manage(FairingMarker);
        Ok(match rocket.state::<Guard>() {
            Some(_) => rocket,
            None => rocket.manage(self.guard.clone()),
        })
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let method = request.method();
        let is_broken = is_broken(data).await;
        let mut state = RequestState::of(request).state();
        (state.method, state.is_broken) = (Some(method), is_broken);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(observer) = report_response(request, response) {
            watch::observe_body(response, observer).await;
        }
    }
}

/// Report the response to an admitted request, and add the headers of the guard.
fn report_response<'r>(request: &'r Request<'_>, response: &mut Response<'r>) -> Option<ResponseObserver> {
    let request_state = RequestState::of(request);
    let (exchange, cost) = {
        let mut state = request_state.state();
        (state.exchange.take().filter(|_| !state.is_guard_response)?, state.cost)
    };
    // Rocket switches protocols after this fairing; the guard does not change that response.
    let is_upgrade = is_upgrade(request, response);
    let observer = exchange.on_response(&AppResponse {
        method: request_state.method(request),
        route: pattern(request),
        status: if is_upgrade { 101 } else { response.status().code },
        headers: &RocketHeaders::of(response.headers()),
        cost,
    });
    if !is_upgrade {
        respond::finish_response(request_state, &exchange, response);
    }
    observer
}

/// Whether a response switches protocols: the response has a handler for a protocol that the request lists in `Upgrade`.
fn is_upgrade(request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let protocols = request.headers().get("upgrade").flat_map(|line| line.split(','));
    protocols.map(str::trim).any(|protocol| response.upgrade(protocol).is_some())
}
