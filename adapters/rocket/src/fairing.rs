//! What wraps routes, and the fairing that finishes their responses.

use portcullis_runtime::{AppResponse, Guard, Peer, PolicyHandle, ResponseObserver};
use rocket::data::FromData as _;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Build, Data, Request, Response, Rocket, Route};

use crate::guarded::GuardedHandler;
use crate::head::{RocketHeaders, pattern};
use crate::inspected::InspectedStream;
use crate::peek::is_broken;
use crate::request_state::RequestState;
use crate::respond;
use crate::watch;

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `remote` on a request of the local client, or tell the \
     guard where the address is with `Protect::peer_from`";

/// The rank of routes that come after all others.
pub(crate) const LAST: isize = isize::MAX;

/// Guards routes, and finishes responses as a fairing. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardFairing {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: fn(&Request<'_>) -> Peer,
    pub(crate) tls: fn(&Request<'_>) -> bool,
}

impl GuardFairing {
    /// Apply the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: connection, tls: |_| false }
    }

    /// Apply this policy as well.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Where the address of the connection is found, where Rocket does not know it. Never read a header here: the guard
    /// reads those, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Request<'_>) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, for servers that terminate it: `.tls_from(|_| true)`. Behind a proxy that does,
    /// leave this alone and set `client.trust_proto`.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&Request<'_>) -> bool) -> Self {
        self.tls = tls;
        self
    }

    /// These routes, guarded. A body of more than 512 bytes, which Rocket keeps from everything but data guards, is refused
    /// with 413: see [`GuardFairing::inspected`].
    #[must_use]
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        self.wrap(routes.into(), false)
    }

    /// These routes, guarded; each reads its body as [`Inspected`](crate::Inspected) or
    /// [`InspectedStream`](crate::InspectedStream), which waits for the guard. A route that does not, and answers a body of
    /// more than 512 bytes, has its response replaced by 500 and a text that says so.
    #[must_use]
    pub fn inspected(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        self.wrap(routes.into(), true)
    }

    /// Routes for everything that no other route takes: paths that match no route are guarded too, bodies of any length
    /// included, before a catcher answers.
    #[must_use]
    pub fn fallback(&self) -> Vec<Route> {
        // Rocket tries `HEAD` again as `GET`, and must come to that.
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
                Box::new(GuardedHandler { protect: self.clone(), inner: route.handler, inspects });
            route
        };
        routes.into_iter().map(wrap).collect()
    }
}

fn connection(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
}

/// Passes every request on to the catchers, once the guard has seen its body.
#[derive(Clone)]
struct FallbackHandler;

#[rocket::async_trait]
impl Handler for FallbackHandler {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let (forwarded, awaited) = {
            let state = RequestState::of(request).state();
            (state.forwarded.unwrap_or(Status::NotFound), state.reading.is_some())
        };
        if !awaited {
            return Outcome::Forward((data, forwarded));
        }
        // No route comes after this one, so nobody misses the body that is read for the guard alone.
        match InspectedStream::from_data(request, data).await {
            rocket::data::Outcome::Error((status, _)) => Outcome::Error(status),
            _ => Outcome::Error(forwarded),
        }
    }
}

/// Says that the fairing is attached.
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
        let broken = is_broken(data).await;
        let mut state = RequestState::of(request).state();
        (state.method, state.broken) = (Some(method), broken);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(observer) = finish(request, response) {
            watch::tap(response, observer).await;
        }
    }
}

/// Tell the guard about the response to a request that it let through, and give the response its headers.
fn finish<'r>(request: &'r Request<'_>, response: &mut Response<'r>) -> Option<ResponseObserver> {
    let visit = RequestState::of(request);
    let (exchange, cost) = {
        let mut state = visit.state();
        (state.exchange.take().filter(|_| !state.own)?, state.cost)
    };
    // Rocket switches protocols after this; what it sends then is no HTTP response any more.
    let switches = switches(request, response);
    let observer = exchange.on_response(&AppResponse {
        method: visit.method(request),
        route: pattern(request),
        status: if switches { 101 } else { response.status().code },
        headers: &RocketHeaders::of(response.headers()),
        cost,
    });
    if !switches {
        respond::pass(visit, &exchange, response);
    }
    observer
}

/// Whether a response switches protocols: the request asks for one that the response has a handler for.
fn switches(request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let asked = request.headers().get("upgrade").flat_map(|line| line.split(','));
    asked.map(str::trim).any(|protocol| response.upgrade(protocol).is_some())
}
