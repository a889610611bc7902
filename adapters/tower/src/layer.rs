//! The layer and the service it wraps around another.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::uri::Authority;
use http::{Extensions, Request, Response, StatusCode};
use http_body::Body;
use portcullis_runtime::service::Principal;
use portcullis_runtime::{
    Admission, AdmittedRequest, Arrival, CspReportError, Guard, GuardResponse, Head, Peer, PolicyHandle,
    Start,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::body::{Reader, ReplayBody};
use crate::framework::{AnyService, Framework, RequestBodies, ResponseBodies};
use crate::future::GuardFuture;
use crate::request_state::RequestState;
use crate::respond;

type PeerSource = dyn Fn(&Extensions) -> Peer + Send + Sync;
type TlsSource = dyn Fn(&Extensions) -> bool + Send + Sync;

/// Guards the service it is applied to. Cheap to clone; clones share one guard.
pub struct GuardLayer<F = AnyService> {
    guard: Guard,
    policy: Option<PolicyHandle>,
    peer: Option<Arc<PeerSource>>,
    tls: Option<Arc<TlsSource>>,
    framework: PhantomData<fn() -> F>,
}

impl<F: Framework> GuardLayer<F> {
    /// A layer that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self { guard: guard.clone(), policy: None, peer: None, tls: None, framework: PhantomData }
    }

    /// Apply this policy in addition to the configuration. It replaces one that was set before.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The source of the address of the connection, in place of that of the framework: [`Peer::Unix`] for a Unix socket. The
    /// function receives the extensions of the request, and no headers: the guard reads forwarding headers itself, from
    /// trusted proxies only. A layer inside another takes the client, and whether it uses TLS, from the outer one.
    #[must_use]
    pub fn peer_from(mut self, peer: impl Fn(&Extensions) -> Peer + Send + Sync + 'static) -> Self {
        self.peer = Some(Arc::new(peer));
        self
    }

    /// Whether the connection itself is TLS, for listeners that terminate it: `.tls_from(|_| true)`. Default: no connection
    /// is. If a proxy terminates TLS, set `client.trust_proto` instead.
    #[must_use]
    pub fn tls_from(mut self, tls: impl Fn(&Extensions) -> bool + Send + Sync + 'static) -> Self {
        self.tls = Some(Arc::new(tls));
        self
    }

    /// Report the violations of the content security policy in a report body of a browser: see
    /// [`Guard::csp_report`]. Returns their number.
    ///
    /// # Errors
    /// A body without reports: respond with [`CspReportError::status`].
    pub fn csp_report<B>(&self, request: &Request<B>, body: &[u8]) -> Result<usize, CspReportError> {
        self.guard.csp_report(&self.head(request, None, false), body)
    }

    /// Read the body of a report: see [`Guard::read_csp_report`].
    ///
    /// # Errors
    /// The status of the response: 408 or 503.
    pub async fn read_csp_report<T>(&self, read: impl Future<Output = T>) -> Result<T, StatusCode> {
        self.guard.read_csp_report(read).await
    }

    pub(crate) fn head<'r, B>(
        &self,
        request: &'r Request<B>,
        route: Option<&'r F::Route>,
        has_body: bool,
    ) -> Head<'r> {
        let extensions = request.extensions();
        let uri = F::uri(request);
        Head::new(request.method().as_str(), uri.path(), request.headers())
            .query(uri.query())
            .peer(self.peer.as_ref().map_or_else(|| F::peer(extensions), |peer| peer(extensions)))
            .authority(uri.authority().map(Authority::as_str))
            .tls(self.tls.as_ref().is_some_and(|tls| tls(extensions)))
            .has_body(has_body)
            .policy(self.policy)
            .route(route.map(AsRef::as_ref))
            .extensions(extensions)
            .principal(extensions.get::<Principal>().map(|principal| principal.0.as_str()))
    }

    /// The response of the guard to a request whose body was not read.
    fn reject<I, B, Res, E>(&self, response: GuardResponse, request: &Request<B>) -> GuardFuture<I, F, Res, E>
    where
        F: ResponseBodies<Res>,
        B: Body,
    {
        let body_is_read = request.body().is_end_stream();
        let response = respond::build_guard_response(response, body_is_read, request.version());
        GuardFuture::ready(response.map(F::response_body))
    }

    /// Check a request that awaits its body, the store or a callback, and serve it.
    async fn drive<S, Req, Res>(
        self,
        arrival: Arrival,
        mut inner: S,
        request: Request<Req>,
        route: Option<F::Route>,
    ) -> Result<Response<<F as ResponseBodies<Res>>::Body>, S::Error>
    where
        F: RequestBodies<Req> + ResponseBodies<Res>,
        S: Service<Request<<F as RequestBodies<Req>>::Body>, Response = Response<Res>>,
        Req: Body + Unpin,
        Res: Body<Data = Bytes>,
    {
        let (parts, body) = request.into_parts();
        let (mut request, mut reader) = (Request::from_parts(parts, ()), Reader::new(body));
        let head = self.head(&request, route.as_ref(), !reader.is_done());
        let AdmittedRequest { admission, replay, .. } = match arrival.check(head, &mut reader).await {
            Ok(admitted) => admitted,
            Err(response) => {
                let version = request.version();
                return Ok(
                    respond::build_guard_response(response, reader.is_done(), version).map(F::response_body)
                );
            }
        };
        let mut state = RequestState::begin(admission, &mut request, route);
        let body = F::request_body(reader.replay(replay));
        let response = inner.call(request.map(|()| body)).await?;
        Ok(state.finish(response).map(F::response_body))
    }
}

impl<F> Clone for GuardLayer<F> {
    fn clone(&self) -> Self {
        let (peer, tls) = (self.peer.clone(), self.tls.clone());
        Self { guard: self.guard.clone(), policy: self.policy, peer, tls, framework: PhantomData }
    }
}

impl<F> fmt::Debug for GuardLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer")
            .field("guard", &self.guard)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<S, F> Layer<S> for GuardLayer<F> {
    type Service = GuardService<S, F>;

    fn layer(&self, inner: S) -> GuardService<S, F> {
        GuardService { inner, layer: self.clone() }
    }
}

/// A service whose requests are guarded.
pub struct GuardService<S, F = AnyService> {
    inner: S,
    layer: GuardLayer<F>,
}

impl<S: Clone, F> Clone for GuardService<S, F> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, F> fmt::Debug for GuardService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService").field("layer", &self.layer).finish_non_exhaustive()
    }
}

impl<S, F, Req, Res> Service<Request<Req>> for GuardService<S, F>
where
    F: RequestBodies<Req> + ResponseBodies<Res>,
    S: Service<Request<<F as RequestBodies<Req>>::Body>, Response = Response<Res>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: 'static,
    Req: Body<Data: Buf, Error: Send> + Unpin + Send + 'static,
    Res: Body<Data = Bytes> + 'static,
{
    type Response = Response<<F as ResponseBodies<Res>>::Body>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, F, Res, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Req>) -> Self::Future {
        let guard = &self.layer.guard;
        let outer = request.extensions().get::<Admission>();
        let arrival = match outer.map_or_else(|| Ok(guard.arrive()), |outer| guard.arrive_within(outer)) {
            Ok(arrival) => arrival,
            Err(response) => return self.layer.reject(response, &request),
        };
        let route = F::route(request.extensions());
        let has_body = !request.body().is_end_stream();
        let head = self.layer.head(&request, route.as_ref(), has_body);
        match arrival.start(head, None) {
            Start::Pending(arrival) => {
                // Call the service that was polled ready; its clone may not be ready.
                let ready = self.inner.clone();
                let inner = std::mem::replace(&mut self.inner, ready);
                GuardFuture::boxed(self.layer.clone().drive(arrival, inner, request, route))
            }
            Start::Decided(Err(response)) => self.layer.reject(response, &request),
            Start::Decided(Ok(AdmittedRequest { admission, .. })) => {
                let state = RequestState::begin(admission, &mut request, route);
                let request = request.map(|body| F::request_body(ReplayBody::unread(body)));
                GuardFuture::inner(self.inner.call(request), state)
            }
        }
    }
}
