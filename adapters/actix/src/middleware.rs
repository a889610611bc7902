//! The middleware and the service it wraps around routes.

use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage as _, HttpRequest};
use bytes::Bytes;
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Admission, Arrival, Exchange, Guard, Peer, PolicyHandle, Start};

use crate::body::Reader;
use crate::future::{GuardFuture, RequestState, ResponseResult};
use crate::head::BorrowedHead;
use crate::respond::{self, HeaderCache};

const NO_ADDRESS: &str = "the connection has none: serve over TCP, set `peer_addr` on a test request, or tell the guard where \
     the address is with `GuardMiddleware::peer_from`";

/// Guards the routes it wraps. Cheap to clone; clones share one guard.
#[derive(Clone, Debug)]
pub struct GuardMiddleware {
    pub(crate) guard: Guard,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) peer: fn(&HttpRequest) -> Peer,
    pub(crate) tls: fn(&HttpRequest) -> bool,
}

impl GuardMiddleware {
    /// A middleware that applies the guard's configuration.
    #[must_use]
    pub fn new(guard: &Guard) -> Self {
        Self {
            guard: guard.clone(),
            policy: None,
            peer: connection,
            tls: |request| request.app_config().secure(),
        }
    }

    /// Apply this policy as well.
    #[must_use]
    pub fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Where the address of the connection is found, for connections that have none: say [`Peer::Unix`] for a Unix socket.
    /// Never read a header here: the guard reads those, from trusted proxies only.
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&HttpRequest) -> Peer) -> Self {
        self.peer = peer;
        self
    }

    /// Whether the connection itself is TLS, where Actix does not terminate it. Behind a proxy that does, leave this alone
    /// and set `client.trust_proto`.
    #[must_use]
    pub fn tls_from(mut self, tls: fn(&HttpRequest) -> bool) -> Self {
        self.tls = tls;
        self
    }
}

fn connection(request: &HttpRequest) -> Peer {
    request.peer_addr().map_or(Peer::Missing(NO_ADDRESS), |address| Peer::Address(address.ip()))
}

impl<S, B> Transform<S, ServiceRequest> for GuardMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ResponseResult<B>;
    type Error = Error;
    type Transform = GuardService<S>;
    type InitError = ();
    type Future = Ready<Result<GuardService<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let translated = Rc::default();
        ready(Ok(GuardService { inner: Rc::new(service), guarded: self.clone(), translated }))
    }
}

/// A service whose requests are guarded.
pub struct GuardService<S> {
    inner: Rc<S>,
    guarded: GuardMiddleware,
    translated: Rc<HeaderCache>,
}

impl<S> Clone for GuardService<S> {
    fn clone(&self) -> Self {
        let (inner, translated) = (Rc::clone(&self.inner), Rc::clone(&self.translated));
        Self { inner, guarded: self.guarded.clone(), translated }
    }
}

impl<S> fmt::Debug for GuardService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService").field("guarded", &self.guarded).finish_non_exhaustive()
    }
}

/// In the extensions of a request: a guard checks it.
struct GuardMarker;

impl<S, B> Service<ServiceRequest> for GuardService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ResponseResult<B>;
    type Error = Error;
    type Future = GuardFuture<S::Future, B>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let guard = &self.guarded.guard;
        let arrival = guard.arrive();
        if request.extensions_mut().insert(GuardMarker).is_some() {
            return GuardFuture::refused(respond::nested(request));
        }
        let payload = request.take_payload();
        let reader = Reader::new(payload, request.request());
        let lent = BorrowedHead::of(request.request());
        let head = lent.head(&self.guarded, request.request(), reader.has_body());
        match guard.start(arrival, head, None) {
            Start::Pending(arrival) => {
                drop(lent);
                GuardFuture::driven(drive(self.clone(), arrival, request, reader))
            }
            Start::Decided(Err(answer)) => {
                drop(lent);
                GuardFuture::refused(respond::own(request, answer, reader.is_done()))
            }
            Start::Decided(Ok(Admission { exchange, .. })) => {
                let route = lent.into_route();
                let state = self.pass(exchange, &mut request, route, reader, None);
                GuardFuture::served(self.inner.call(request), state)
            }
        }
    }
}

impl<S> GuardService<S> {
    /// Give the request its body back: it goes to the handler.
    fn pass(
        &self,
        exchange: Exchange,
        request: &mut ServiceRequest,
        route: Option<String>,
        reader: Reader,
        replay: Option<Bytes>,
    ) -> RequestState {
        let (payload, switch) = reader.replay(replay);
        request.set_payload(payload);
        RequestState::begin(exchange, Rc::clone(&self.translated), request, route, switch)
    }
}

/// Decide about a request for which something is awaited, and serve it.
async fn drive<S, B>(
    service: GuardService<S>,
    arrival: Arrival,
    mut request: ServiceRequest,
    mut reader: Reader,
) -> Result<ResponseResult<B>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let guarded = &service.guarded;
    let lent = BorrowedHead::of(request.request());
    let head = lent.head(guarded, request.request(), reader.has_body());
    let checked = guarded.guard.check(arrival, head, &mut reader).await;
    let route = lent.into_route();
    let Admission { exchange, replay, principal, .. } = match checked {
        Ok(admission) => admission,
        Err(answer) => return Ok(respond::own(request, answer, reader.is_done())),
    };
    if let Some(principal) = principal {
        request.extensions_mut().insert(Principal(principal));
    }
    let state = service.pass(exchange, &mut request, route, reader, replay);
    state.end(service.inner.call(request).await)
}
