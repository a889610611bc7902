//! The layer and the service it wraps around routes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, MockConnectInfo};
use axum::extract::{MatchedPath, OriginalUri};
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response};
use http_body::Body as _;
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Admission, Engine, Exchange, Guard, Head, Peer, PolicyHandle};
use tower_layer::Layer;
use tower_service::Service;

use crate::body::{Reader, ReplayBody};
use crate::future::GuardFuture;
use crate::request_state::RequestState;
use crate::respond;

const NO_CONNECT_INFO: &str = "serve with `into_make_service_with_connect_info::<SocketAddr>()`, \
     or tell the guard where the address is with `GuardLayer::peer_from`";

/// Guards the routes it is applied to. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
    policy: Option<PolicyHandle>,
    peer: fn(&Parts) -> Peer,
    tls: fn(&Parts) -> bool,
}

impl GuardLayer {
    /// A layer that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: connect_info, tls: |_| false }
    }

    /// Apply this policy as well.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Where the address of the connection is found, for listeners that do not provide `ConnectInfo<SocketAddr>`: say
    /// [`Peer::Unix`] for a Unix socket. Never read a header here: the guard reads those, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Parts) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, for listeners that terminate it: `.tls_from(|_| true)`. Behind a proxy that
    /// does, leave this alone and set `client.trust_proto`.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&Parts) -> bool) -> Self {
        self.tls = tls;
        self
    }
}

/// The address that the listener or a test provided.
fn connect_info(parts: &Parts) -> Peer {
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let mocked = || parts.extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0);
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

/// Stands in the extensions of a request that is being guarded.
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

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (engine, began) = (self.layer.guard.engine(), Instant::now());
        let (mut parts, body) = request.into_parts();
        if parts.extensions.insert(GuardMarker).is_some() {
            return GuardFuture::refused(respond::nested());
        }
        let head = self.layer.head(&parts, !body.is_end_stream());
        let Some(checked) = self.layer.guard.check_sync(&engine, head, None) else {
            // The service that was polled ready is the one to call; its clone may not be ready.
            let ready = self.inner.clone();
            let inner = std::mem::replace(&mut self.inner, ready);
            return GuardFuture::driven(self.layer.clone().drive(engine, began, inner, parts, body));
        };
        match checked.passed() {
            Err(answer) => GuardFuture::refused(respond::own(answer, true, parts.version)),
            Ok(Admission { ticket, .. }) => {
                let admission = Exchange::new(self.layer.guard.clone(), engine, ticket, began);
                let visit = RequestState::begin(admission, &mut parts);
                GuardFuture::served(self.inner.call(Request::from_parts(parts, body)), visit)
            }
        }
    }
}

impl GuardLayer {
    pub(crate) const fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn head<'r>(&self, parts: &'r Parts, has_body: bool) -> Head<'r> {
        // Inside `nest` the path is cut; limits and exclusions are written about the whole one.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Head {
            path: uri.path(),
            query: uri.query(),
            authority: uri.authority().map(Authority::as_str),
            peer: (self.peer)(parts),
            tls: (self.tls)(parts),
            policy: self.policy,
            route: parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str),
            has_body,
            principal: parts.extensions.get::<Principal>().map(|principal| principal.0.as_str()),
            ..Head::from(parts)
        }
    }

    async fn drive<S>(
        self,
        engine: Arc<Engine>,
        began: Instant,
        mut inner: S,
        mut parts: Parts,
        body: Body,
    ) -> Result<Response<Body>, Infallible>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let mut reader = Reader::new(body);
        let head = self.head(&parts, !reader.is_done());
        let Admission { ticket, replay, principal, .. } =
            match self.guard.check(&engine, head, &mut reader).await.passed() {
                Ok(passed) => passed,
                Err(answer) => return Ok(respond::own(answer, reader.is_done(), parts.version)),
            };
        if let Some(principal) = principal {
            parts.extensions.insert(Principal(principal));
        }
        let body = match replay {
            Some(read) => Body::new(ReplayBody::new(read, reader)),
            None => reader.body,
        };
        let visit = RequestState::begin(Exchange::new(self.guard, engine, ticket, began), &mut parts);
        let response = inner.call(Request::from_parts(parts, body)).await?;
        Ok(visit.end(response))
    }
}
