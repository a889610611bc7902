//! The Actix middleware in process: requests are handed to the application as a server would hand them over, without a
//! socket.

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
use portcullis_actix::{Cost, GuardMiddleware, Peer, Principal};

use super::framework::{Answered, Framework, Serve};
use super::guarded::{Dialect, Guarded, Witness};
use crate::vector::{Case, HandlerAnswer, WirePeer, WireRequest};

/// An application behind the middleware.
pub type Actix = Framework<InProcess>;

/// The application, called as a server would call it, and the runtime of its thread.
pub struct InProcess {
    system: actix_web::rt::SystemRunner,
    app: Rc<dyn Fn(actix_http::Request) -> Serving>,
}

type Serving = Pin<Box<dyn Future<Output = Answered>>>;

impl Actix {
    /// The application for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        let guarded = Guarded::new(case, DIALECT)?;
        let plan = Plan::new(&guarded, case);
        let system = System::new();
        let app = system.block_on(actix_web::test::init_service(plan.app()));
        let app = Rc::new(app);
        let app = Rc::new(move |request| {
            let app = Rc::clone(&app);
            let serving: Serving = Box::pin(async move {
                match app.call(request).await {
                    Ok(response) => answered(response.into_parts().1.map_into_boxed_body()).await,
                    Err(error) => answered(error.error_response()).await,
                }
            });
            serving
        });
        Ok(Self { guarded, service: InProcess { system, app } })
    }
}

/// `{*rest}` of the vectors is a regular expression here.
pub(super) const DIALECT: Dialect = Dialect {
    write: |pattern| pattern.replace("{*rest}", "{rest:.+}"),
    read: |pattern| pattern.replace("{rest:.+}", "{*rest}"),
};

/// Everything of a case that an application is made of. It goes to the threads of a server.
#[derive(Clone)]
pub(super) struct Plan {
    guarded: GuardMiddleware,
    witness: Witness,
    routes: Vec<(String, Option<portcullis_core::PolicyHandle>)>,
}

impl Plan {
    pub(super) fn new(guarded: &Guarded, case: &Case) -> Self {
        let middleware = GuardMiddleware::new(&guarded.guard)
            .tls_from(|request| request.extensions().get::<Tls>().is_some());
        let middleware = if case.has_unix_peers() { middleware.peer_from(listener) } else { middleware };
        let mut routes = guarded.routes.clone();
        // Actix takes the first that matches.
        super::routes::sort(&mut routes);
        Self { guarded: middleware, witness: guarded.witness.clone(), routes }
    }

    /// Routes as the documentation of the middleware says: each with a policy of its own first, everything else after them.
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
        for (pattern, policy) in &self.routes {
            let guarded =
                policy.map_or_else(|| self.guarded.clone(), |policy| self.guarded.clone().policy(policy));
            let resource = web::resource((DIALECT.write)(pattern)).wrap(guarded);
            app = app.service(resource.route(echo(&self.witness, pattern)));
        }
        let rest = web::scope("").wrap(self.guarded.clone()).default_service(echo(&self.witness, "*"));
        app.service(rest)
    }
}

/// Marks requests that came over TLS, as a listener that terminates it would.
#[derive(Clone, Copy)]
struct Tls;

/// A listener on a Unix socket knows no address.
fn listener(request: &HttpRequest) -> Peer {
    request.peer_addr().map_or(Peer::Unix, |address| Peer::Address(address.ip()))
}

fn echo(witness: &Witness, route: &str) -> actix_web::Route {
    let (witness, route) = (witness.clone(), route.to_owned());
    web::to(move |request: HttpRequest, body: web::Payload| {
        let (witness, route) = (witness.clone(), route.clone());
        async move {
            // What follows a handshake is no body, and there is no end to wait for.
            let body = if request.headers().contains_key("upgrade") {
                Ok(Ok(Bytes::new()))
            } else {
                body.to_bytes_limited(usize::MAX).await
            };
            let principal = request.extensions().get::<Principal>().map(|principal| principal.0.clone());
            let Ok(Ok(body)) = body else {
                return HttpResponse::BadRequest().finish();
            };
            witness.handle(&body);
            let headers = super::echo_headers(&route, principal.as_deref());
            respond(headers, witness.answer(), body)
        }
    })
}

/// What the handler was told to answer, or the echo. Several frames are a stream that does not say how long it is.
fn respond(mut headers: HeaderMap, answer: Option<HandlerAnswer>, echo: Bytes) -> HttpResponse {
    let answer = answer.unwrap_or_else(|| HandlerAnswer::echo(echo));
    super::replace(&mut headers, &answer.headers);
    let body = match answer.frames.as_slice() {
        [] => BoxBody::new(()),
        [whole] => BoxBody::new(whole.clone()),
        _ => BoxBody::new(Chunks(answer.frames.into())),
    };
    let mut response = HttpResponse::with_body(StatusCode::from_u16(answer.status).unwrap_or_default(), body);
    for (name, value) in &headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok();
        if let Some((name, value)) = name.zip(HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().append(name, value);
        }
    }
    if let Some(cost) = answer.cost {
        response.extensions_mut().insert(Cost(cost));
    }
    response
}

impl Serve for InProcess {
    fn serve(&mut self, _: &Guarded, request: &WireRequest) -> Option<Answered> {
        let (status, headers, body) = self.system.block_on((self.app)(wire(request)?));
        // As the server does.
        let body = if request.method == "HEAD" { Bytes::new() } else { body };
        Some((status, headers, body))
    }
}

async fn answered(response: HttpResponse) -> Answered {
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

/// The request as a server hands it over.
fn wire(request: &WireRequest) -> Option<actix_http::Request> {
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

/// A body that comes in pieces and does not say how long it is.
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
