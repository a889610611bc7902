//! The layer for any tower service, around services without a framework: the matched pattern and the address of the connection
//! are extensions of the request.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::tower::util::{BoxCloneService, MapResponse};
use ::tower::{ServiceExt as _, service_fn};
use bytes::{Bytes, BytesMut};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use portcullis_core::PolicyHandle;
use portcullis_tower::{Admission, Cost, GuardLayer, Peer, Principal, RoutePattern};
use tower_layer::Layer as _;

use super::framework::{Framework, RawResponse, Serve};
use super::harness::{Dialect, GuardHarness, Recorder};
use super::routes::Routes;
use crate::vector::{Case, HandlerResponse, WirePeer, WireRequest};

/// Services behind the layer.
pub type Tower = Framework<Services>;

type Service = BoxCloneService<Request<Chunks>, Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible>;

/// A guarded service for each pattern, and one for every other path.
pub struct Services {
    routes: Routes<(RoutePattern, Service)>,
    rest: Service,
}

impl Tower {
    /// The services for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        let harness = GuardHarness::new(case, Dialect::PLAIN)?;
        let unix = case.has_unix_peers();
        let layer = || {
            let layer: GuardLayer = GuardLayer::new(&harness.guard);
            let layer = layer.tls_from(|extensions| extensions.get::<Tls>().is_some());
            if unix { layer.peer_from(listener) } else { layer }
        };
        let service = |pattern: &str, policy: Option<PolicyHandle>| {
            let echo = Echo { recorder: harness.recorder.clone(), route: pattern.into() };
            match policy.map(|policy| layer().policy(policy)) {
                Some(inner) if case.nested => {
                    let inner = inner.layer(service_fn(move |request| echo.clone().handle(request)));
                    boxed(layer().layer(inner))
                }
                inner => {
                    let layer = inner.unwrap_or_else(layer);
                    boxed(layer.layer(service_fn(move |request| echo.clone().handle(request))))
                }
            }
        };
        let routes = harness.routes.iter().map(|(pattern, policy)| {
            (pattern.clone(), (RoutePattern(Arc::from(pattern.as_str())), service(pattern, *policy)))
        });
        let routes = Routes::new(routes.collect::<Vec<_>>());
        let rest = service("*", None);
        Ok(Self { harness, service: Services { routes, rest } })
    }
}

/// One type for all services, whatever their bodies are.
fn boxed<S, B>(service: S) -> Service
where
    S: ::tower::Service<Request<Chunks>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let unify: fn(Response<B>) -> Response<UnsyncBoxBody<Bytes, Infallible>> =
        |response| response.map(http_body_util::BodyExt::boxed_unsync);
    BoxCloneService::new(MapResponse::new(service, unify))
}

impl Serve for Services {
    fn serve(&mut self, harness: &GuardHarness, request: &WireRequest) -> Option<RawResponse> {
        let mut request = wire(request).ok()?;
        let is_head = request.method() == Method::HEAD;
        let service = match self.routes.find(request.uri().path()) {
            Some((pattern, service)) => {
                request.extensions_mut().insert(pattern.clone());
                service.clone()
            }
            None => self.rest.clone(),
        };
        harness.runtime.block_on(async {
            let (parts, body) = match service.oneshot(request).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            // Servers send no body for `HEAD`.
            let body = if is_head { Bytes::new() } else { body };
            Some((parts.status.as_u16(), parts.headers, body))
        })
    }
}

/// Marks requests that came over TLS, as a listener that terminates it would.
#[derive(Clone, Copy)]
struct Tls;

/// A listener on a Unix socket has no peer address.
fn listener(extensions: &Extensions) -> Peer {
    extensions.get::<SocketAddr>().map_or(Peer::Unix, |address| Peer::Address(address.ip()))
}

#[derive(Clone)]
struct Echo {
    recorder: Recorder,
    route: String,
}

impl Echo {
    async fn handle<B: Body<Data = Bytes> + Unpin>(
        self,
        request: Request<B>,
    ) -> Result<Response<Chunks>, Infallible> {
        let headers = super::echo_headers(&self.route, principal(request.extensions()));
        let mut body = BytesMut::new();
        let mut frames = request.into_body();
        while let Some(frame) = frames.frame().await {
            let Ok(frame) = frame else {
                let mut response = Response::new(Chunks::default());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                return Ok(response);
            };
            if let Ok(data) = frame.into_data() {
                body.extend_from_slice(&data);
            }
        }
        let body = body.freeze();
        self.recorder.handle(&body);
        let configured = self.recorder.response().unwrap_or_else(|| HandlerResponse::echo(body));
        Ok(to_response(headers, configured))
    }
}

/// The principal that the verifier returned, or that the application set.
fn principal(extensions: &Extensions) -> Option<&str> {
    let verified = extensions.get::<Admission>().and_then(Admission::principal);
    verified.or_else(|| extensions.get::<Principal>().map(|principal| principal.0.as_str()))
}

fn to_response(mut headers: HeaderMap, configured: HandlerResponse) -> Response<Chunks> {
    super::replace(&mut headers, &configured.headers);
    let frames = configured.frames.into_iter().filter(|frame| !frame.is_empty());
    let mut response = Response::new(Chunks { chunks: frames.collect(), is_chunked: false });
    *response.status_mut() = StatusCode::from_u16(configured.status).unwrap_or_default();
    *response.headers_mut() = headers;
    if let Some(cost) = configured.cost {
        response.extensions_mut().insert(Cost(cost));
    }
    response
}

/// The request as a server passes it on.
fn wire(request: &WireRequest) -> Result<Request<Chunks>, http::Error> {
    let mut builder = Request::builder().method(request.method.as_bytes()).uri(&request.target);
    for (name, value) in &request.headers {
        builder = builder.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    if let WirePeer::Address(address) = request.peer {
        builder = builder.extension(SocketAddr::new(address, 40_000));
    }
    if request.tls {
        builder = builder.extension(Tls);
    }
    let chunks = request.chunks.iter().cloned().collect();
    builder.body(Chunks { chunks, is_chunked: request.is_chunked() })
}

/// A body that arrives in pieces. The end of one with a chunked coding is not known before it is read.
#[derive(Default)]
struct Chunks {
    chunks: VecDeque<Bytes>,
    is_chunked: bool,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.chunks.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && !self.is_chunked
    }
}
