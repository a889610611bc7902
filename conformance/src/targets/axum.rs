//! The Axum layer in process: requests are passed to the router as a server would pass them, without a socket.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use ::axum::extract::ConnectInfo;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::any;
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body::Frame;
use portcullis_axum::{Admission, Cost, GuardLayer, Peer, Principal};
use tower::ServiceExt as _;

use super::framework::{Framework, RawResponse, Serve};
use super::harness::{Dialect, GuardHarness, Recorder};
use crate::vector::{Case, HandlerResponse, WirePeer, WireRequest};

/// A router behind the layer.
pub type Axum = Framework<InProcess>;

/// The router, called as a server would call it.
pub struct InProcess(Router);

impl Axum {
    /// The router for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        let harness = GuardHarness::new(case, Dialect::PLAIN)?;
        let service = InProcess(router(&harness, case));
        Ok(Self { harness, service })
    }
}

impl Serve for InProcess {
    fn serve(&mut self, harness: &GuardHarness, request: &WireRequest) -> Option<RawResponse> {
        let request = wire(request).ok()?;
        harness.runtime.block_on(async {
            let (parts, body) = match self.0.clone().oneshot(request).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            Some((parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap_or_default()))
        })
    }
}

/// Routes as the layer's documentation recommends: the global layer first, then each route with a policy.
pub(super) fn router(harness: &GuardHarness, case: &Case) -> Router {
    // `ConnectInfo` is what most applications have; another source of peers is only for listeners without addresses.
    let unix = case.has_unix_peers();
    let layer = || {
        let layer = GuardLayer::new(&harness.guard).tls_from(|extensions| extensions.get::<Tls>().is_some());
        if unix { layer.peer_from(listener) } else { layer }
    };
    let mut router = Router::new().fallback(echo(&harness.recorder, "*"));
    if case.nested {
        for (pattern, policy) in &harness.routes {
            let handler = any(echo(&harness.recorder, pattern));
            let inner = policy.map(|policy| layer().policy(policy));
            router = router.route(
                pattern,
                match inner {
                    Some(inner) => handler.layer(inner),
                    None => handler,
                },
            );
        }
        return router.layer(layer());
    }
    router = router.layer(layer());
    for (pattern, policy) in &harness.routes {
        let layer = policy.map_or_else(layer, |policy| layer().policy(policy));
        let handler = any(echo(&harness.recorder, pattern)).layer(layer);
        router = router.route(pattern, handler);
    }
    router
}

/// Marks requests that came over TLS, as a listener that terminates it would.
#[derive(Clone, Copy)]
struct Tls;

/// A listener on a Unix socket has no peer address.
fn listener(extensions: &Extensions) -> Peer {
    match extensions.get::<ConnectInfo<SocketAddr>>() {
        Some(info) => Peer::Address(info.0.ip()),
        None => Peer::Unix,
    }
}

type HandlerFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

fn echo(
    recorder: &Recorder,
    route: &str,
) -> impl Fn(Request<Body>) -> HandlerFuture + Clone + Send + Sync + 'static {
    let (recorder, route) = (recorder.clone(), route.to_owned());
    move |request| {
        let principal = principal(request.extensions());
        let (recorder, headers) = (recorder.clone(), super::echo_headers(&route, principal));
        Box::pin(async move {
            let Ok(body) = to_bytes(request.into_body(), usize::MAX).await else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            recorder.handle(&body);
            match recorder.response() {
                Some(configured) => to_response(headers, configured),
                None => (headers, body).into_response(),
            }
        })
    }
}

/// The principal that the verifier returned, or that the application set.
fn principal(extensions: &Extensions) -> Option<&str> {
    let verified = extensions.get::<Admission>().and_then(Admission::principal);
    verified.or_else(|| extensions.get::<Principal>().map(|principal| principal.0.as_str()))
}

/// The handler's configured response. Several frames are a stream without a declared length.
fn to_response(mut headers: HeaderMap, configured: HandlerResponse) -> Response {
    super::replace(&mut headers, &configured.headers);
    let body = match configured.frames.as_slice() {
        [] => Body::empty(),
        [whole] => Body::from(whole.clone()),
        _ => Body::new(Chunks(configured.frames.into())),
    };
    let mut response = (headers, body).into_response();
    *response.status_mut() = StatusCode::from_u16(configured.status).unwrap_or_default();
    if let Some(cost) = configured.cost {
        response.extensions_mut().insert(Cost(cost));
    }
    response
}

/// The request as a server passes it on.
pub(crate) fn wire(request: &WireRequest) -> Result<Request<Body>, http::Error> {
    let mut builder = Request::builder().method(request.method.as_bytes()).uri(&request.target);
    for (name, value) in &request.headers {
        builder = builder.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    if let WirePeer::Address(address) = request.peer {
        builder = builder.extension(ConnectInfo(SocketAddr::new(address, 40_000)));
    }
    if request.tls {
        builder = builder.extension(Tls);
    }
    let body = match request.chunks.as_slice() {
        [whole] if !request.is_chunked() => Body::from(whole.clone()),
        [] if !request.is_chunked() => Body::empty(),
        chunks => Body::new(Chunks(chunks.iter().cloned().collect())),
    };
    builder.body(body)
}

/// A body that arrives in pieces and does not declare its length.
struct Chunks(VecDeque<Bytes>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }
}
