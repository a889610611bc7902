//! The layer and the service it wraps around routes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, MockConnectInfo};
use axum::extract::{MatchedPath, OriginalUri};
use http::uri::Authority;
use http::{Extensions, Request, Response};
use http_body::Body as _;
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Admission, Arrival, Guard, Head, NoFacts, Peer, PolicyHandle, Start};
use tower_layer::Layer;
use tower_service::Service;

use crate::body::{Reader, ReplayBody};
use crate::future::GuardFuture;
use crate::request_state::RequestState;
use crate::respond;

const NO_CONNECT_INFO: &str = "serve with `into_make_service_with_connect_info::<SocketAddr>()`, \
     or set the source of the address with `GuardLayer::peer_from`";

/// Guards the routes it is applied to. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
    policy: Option<PolicyHandle>,
    peer: fn(&Extensions) -> Peer,
    tls: fn(&Extensions) -> bool,
}

impl GuardLayer {
    /// A layer that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: connect_info, tls: |_| false }
    }

    /// Apply this policy in addition.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, for listeners that do not provide `ConnectInfo<SocketAddr>`:
    /// [`Peer::Unix`] for a Unix socket. The function receives the extensions of the request, and no headers: the guard reads
    /// forwarding headers itself, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Extensions) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, for listeners that terminate it: `.tls_from(|_| true)`. If a proxy terminates TLS,
    /// set `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&Extensions) -> bool) -> Self {
        self.tls = tls;
        self
    }
}

/// The address that the listener or a test provides.
fn connect_info(extensions: &Extensions) -> Peer {
    let connected = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let mocked = || extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0);
    connected.or_else(mocked).map_or(Peer::Missing(NO_CONNECT_INFO), |address| Peer::Address(address.ip()))
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, layer: self.clone() }
    }
}

/// A service whose requests are guarded.
#[derive(Clone, Debug)]
pub struct GuardService<S> {
    inner: S,
    layer: GuardLayer,
}

/// Marks a request, in its extensions, as guarded.
#[derive(Clone, Copy)]
struct GuardMarker;

impl<S> Service<Request<Body>> for GuardService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = GuardFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let arrival = self.layer.guard.arrive();
        if request.extensions_mut().insert(GuardMarker).is_some() {
            return GuardFuture::ready(respond::reject_nested());
        }
        let route = request.extensions().get::<MatchedPath>().cloned();
        let has_body = !request.body().is_end_stream();
        let head = self.layer.head(&request, route.as_ref(), has_body);
        match self.layer.guard.start(arrival, head, None) {
            Start::Pending(arrival) => {
                // Call the service that was polled ready; its clone may not be ready.
                let ready = self.inner.clone();
                let inner = std::mem::replace(&mut self.inner, ready);
                GuardFuture::boxed(self.layer.clone().drive(arrival, inner, request, route))
            }
            Start::Decided(Err(response)) => {
                GuardFuture::ready(respond::build_guard_response(response, true, request.version()))
            }
            Start::Decided(Ok(Admission { exchange, .. })) => {
                let state = RequestState::begin(exchange, &mut request, route);
                GuardFuture::inner(self.inner.call(request), state)
            }
        }
    }
}

impl GuardLayer {
    pub(crate) const fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn head<'r, B>(
        &self,
        request: &'r Request<B>,
        route: Option<&'r MatchedPath>,
        has_body: bool,
    ) -> Head<'r> {
        let extensions = request.extensions();
        // `nest` strips the prefix from the path; limits and exclusions refer to the whole path.
        let uri = extensions.get::<OriginalUri>().map_or(request.uri(), |original| &original.0);
        Head {
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query(),
            headers: request.headers(),
            peer: (self.peer)(extensions),
            authority: uri.authority().map(Authority::as_str),
            tls: (self.tls)(extensions),
            has_body,
            policy: self.policy,
            route: route.map(MatchedPath::as_str),
            principal: extensions.get::<Principal>().map(|principal| principal.0.as_str()),
            facts: &NoFacts,
            sample_info_events: false,
        }
    }

    async fn drive<S>(
        self,
        arrival: Arrival,
        mut inner: S,
        request: Request<Body>,
        route: Option<MatchedPath>,
    ) -> Result<Response<Body>, Infallible>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let (parts, body) = request.into_parts();
        let (mut request, mut reader) = (Request::from_parts(parts, ()), Reader::new(body));
        let head = self.head(&request, route.as_ref(), !reader.is_done());
        let Admission { exchange, replay, principal, .. } =
            match self.guard.check(arrival, head, &mut reader).await {
                Ok(admission) => admission,
                Err(response) => {
                    let version = request.version();
                    return Ok(respond::build_guard_response(response, reader.is_done(), version));
                }
            };
        if let Some(principal) = principal {
            request.extensions_mut().insert(Principal(principal));
        }
        let body = match replay {
            Some(read) => Body::new(ReplayBody::new(read, reader)),
            None => reader.body,
        };
        let state = RequestState::begin(exchange, &mut request, route);
        let response = inner.call(request.map(|()| body)).await?;
        Ok(state.finish(response))
    }
}
