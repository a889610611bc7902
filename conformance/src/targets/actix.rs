//! The Actix middleware in process: requests are passed to the application as a server would pass them, without a socket.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, Service as _, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::rt::System;
use actix_web::test::TestRequest;
use actix_web::{App, Error, HttpMessage as _, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use http::HeaderMap;
use portcullis_actix::{Admission, Cost, GuardMiddleware, Peer, Principal};

use super::framework::{Framework, RawResponse, Serve};
use super::harness::{Dialect, GuardHarness, Recorder};
use crate::vector::{Case, HandlerResponse, WirePeer, WireRequest};

/// An application behind the middleware.
pub type Actix = Framework<InProcess>;

/// The application, called as a server would call it, and the runtime of its thread.
pub struct InProcess {
    system: actix_web::rt::SystemRunner,
    app: Rc<dyn Fn(actix_http::Request) -> ResponseFuture>,
}

type ResponseFuture = Pin<Box<dyn Future<Output = RawResponse>>>;

impl Actix {
    /// The application for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        let harness = GuardHarness::new(case, DIALECT)?;
        let plan = Plan::new(&harness, case);
        let system = System::new();
        let app = system.block_on(actix_web::test::init_service(plan.app()));
        let app = Rc::new(app);
        let app = Rc::new(move |request| {
            let app = Rc::clone(&app);
            let serving: ResponseFuture = Box::pin(async move {
                match app.call(request).await {
                    Ok(response) => to_raw(response.into_parts().1.map_into_boxed_body()).await,
                    Err(error) => to_raw(error.error_response()).await,
                }
            });
            serving
        });
        Ok(Self { harness, service: InProcess { system, app } })
    }
}

/// `{*rest}` of the vectors is a regular expression in Actix.
pub(super) const DIALECT: Dialect = Dialect {
    write: |pattern| pattern.replace("{*rest}", "{rest:.+}"),
    read: |pattern| pattern.replace("{rest:.+}", "{*rest}"),
};

/// The parts of an application for a case. They are sent to the threads of a server.
#[derive(Clone)]
pub(super) struct Plan {
    harness: GuardMiddleware,
    recorder: Recorder,
    routes: Vec<(String, Option<portcullis_core::PolicyHandle>)>,
    nested: bool,
}

impl Plan {
    pub(super) fn new(harness: &GuardHarness, case: &Case) -> Self {
        let middleware = GuardMiddleware::new(&harness.guard)
            .tls_from(|request| request.extensions().get::<Tls>().is_some());
        let middleware = if case.has_unix_peers() { middleware.peer_from(listener) } else { middleware };
        let mut routes = harness.routes.clone();
        // Actix takes the first that matches.
        super::routes::sort(&mut routes);
        Self { harness: middleware, recorder: harness.recorder.clone(), routes, nested: case.nested }
    }

    /// Routes as the middleware's documentation recommends: those with a policy first, then everything else.
    pub(super) fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let mut app = App::new();
        let outer = self.harness.clone();
        for (pattern, policy) in &self.routes {
            let resource = web::resource((DIALECT.write)(pattern)).route(echo(&self.recorder, pattern));
            app = match policy.map(|policy| self.harness.clone().policy(policy)) {
                Some(inner) if self.nested => {
                    app.service(web::scope("").wrap(outer.clone()).service(resource.wrap(inner)))
                }
                inner => app.service(resource.wrap(inner.unwrap_or_else(|| outer.clone()))),
            };
        }
        let rest = web::scope("").wrap(outer).default_service(echo(&self.recorder, "*"));
        app.service(rest)
    }
}

/// Marks requests that came over TLS, as a listener that terminates it would.
#[derive(Clone, Copy)]
struct Tls;

/// A listener on a Unix socket has no peer address.
fn listener(request: &HttpRequest) -> Peer {
    request.peer_addr().map_or(Peer::Unix, |address| Peer::Address(address.ip()))
}

fn echo(recorder: &Recorder, route: &str) -> actix_web::Route {
    let (recorder, route) = (recorder.clone(), route.to_owned());
    web::to(move |request: HttpRequest, body: web::Payload| {
        let (recorder, route) = (recorder.clone(), route.clone());
        async move {
            // Bytes after an upgrade are no body and have no end.
            let body = if request.headers().contains_key("upgrade") {
                Ok(Ok(Bytes::new()))
            } else {
                body.to_bytes_limited(usize::MAX).await
            };
            let principal = principal(&request);
            let Ok(Ok(body)) = body else {
                return HttpResponse::BadRequest().finish();
            };
            recorder.handle(&body);
            let headers = super::echo_headers(&route, principal.as_deref());
            respond(headers, recorder.response(), body)
        }
    })
}

/// The handler's configured response, or the echo. Several frames are a stream without a declared length.
fn respond(mut headers: HeaderMap, configured: Option<HandlerResponse>, echo: Bytes) -> HttpResponse {
    let configured = configured.unwrap_or_else(|| HandlerResponse::echo(echo));
    super::replace(&mut headers, &configured.headers);
    let body = match configured.frames.as_slice() {
        [] => BoxBody::new(()),
        [whole] => BoxBody::new(whole.clone()),
        _ => BoxBody::new(Chunks(configured.frames.into())),
    };
    let mut response =
        HttpResponse::with_body(StatusCode::from_u16(configured.status).unwrap_or_default(), body);
    for (name, value) in &headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok();
        if let Some((name, value)) = name.zip(HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().append(name, value);
        }
    }
    if let Some(cost) = configured.cost {
        response.extensions_mut().insert(Cost(cost));
    }
    response
}

impl Serve for InProcess {
    fn serve(&mut self, _: &GuardHarness, request: &WireRequest) -> Option<RawResponse> {
        let (status, headers, body) = self.system.block_on((self.app)(wire(request)?));
        // As the server does.
        let body = if request.method == "HEAD" { Bytes::new() } else { body };
        Some((status, headers, body))
    }
}

async fn to_raw(response: HttpResponse) -> RawResponse {
    let (head, body) = response.into_parts();
    let mut headers = HeaderMap::new();
    for (name, value) in head.headers() {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).ok();
        if let Some((name, value)) = name.zip(http::HeaderValue::from_bytes(value.as_bytes()).ok()) {
            headers.append(name, value);
        }
    }
    (head.status().as_u16(), headers, to_bytes(body).await.unwrap_or_default())
}

/// The request as a server passes it on.
pub(crate) fn wire(request: &WireRequest) -> Option<actix_http::Request> {
    let uri: Uri = request.target.parse().ok()?;
    let mut builder = TestRequest::default().method(Method::from_bytes(request.method.as_bytes()).ok()?);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        builder = builder.append_header((name, HeaderValue::from_bytes(value).ok()?));
    }
    if let WirePeer::Address(address) = request.peer {
        builder = builder.peer_addr(SocketAddr::new(address, 40_000));
    }
    let mut made = builder.to_request();
    made.head_mut().uri = uri;
    if request.tls {
        made.extensions_mut().insert(Tls);
    }
    let payload: Payload = match request.chunks.as_slice() {
        [] if !request.is_chunked() => return Some(made),
        [whole] if !request.is_chunked() => Payload::from(whole.clone()),
        chunks => Payload::Stream { payload: Box::pin(Chunks(chunks.iter().cloned().collect())) },
    };
    Some(made.replace_payload(payload).0)
}

/// A body that arrives in pieces and does not declare its length.
struct Chunks(VecDeque<Bytes>);

impl MessageBody for Chunks {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

impl futures_core::Stream for Chunks {
    type Item = Result<Bytes, actix_web::error::PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

/// The principal that the verifier returned, or that the application set.
fn principal(request: &HttpRequest) -> Option<String> {
    let extensions = request.extensions();
    let verified = extensions.get::<Admission>().and_then(|admission| admission.principal().map(Into::into));
    verified.or_else(|| extensions.get::<Principal>().map(|principal| principal.0.clone()))
}
