//! The middleware and the service it wraps around routes.

use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage as _, HttpRequest};
use bytes::Bytes;
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Admission, Engine, Exchange, Guard, Peer, PolicyHandle};

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

/// Stands in the extensions of a request that is being guarded.
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
        let (engine, began) = (self.guarded.guard.engine(), Instant::now());
        if request.extensions_mut().insert(GuardMarker).is_some() {
            return GuardFuture::refused(respond::nested(request));
        }
        let payload = request.take_payload();
        let reader = Reader::new(payload, request.request());
        let lent = BorrowedHead::of(request.request());
        let head = lent.head(&self.guarded, request.request(), reader.has_body());
        let Some(checked) = self.guarded.guard.check_sync(&engine, head, None) else {
            drop(lent);
            return GuardFuture::driven(drive(self.clone(), engine, began, request, reader));
        };
        let route = lent.into_route();
        match checked.passed() {
            Err(answer) => GuardFuture::refused(respond::own(request, answer, reader.is_done())),
            Ok(Admission { ticket, .. }) => {
                let admission = Exchange::new(self.guarded.guard.clone(), engine, ticket, began);
                let visit = self.pass(admission, &mut request, route, reader, None);
                GuardFuture::served(self.inner.call(request), visit)
            }
        }
    }
}

impl<S> GuardService<S> {
    /// Give the request its body back: it goes to the handler.
    fn pass(
        &self,
        admission: Exchange,
        request: &mut ServiceRequest,
        route: Option<String>,
        reader: Reader,
        replay: Option<Bytes>,
    ) -> RequestState {
        let (payload, switch) = reader.replay(replay);
        request.set_payload(payload);
        RequestState::begin(admission, Rc::clone(&self.translated), request, route, switch)
    }
}

/// Decide about a request for which something has to be read or asked, and serve it.
async fn drive<S, B>(
    service: GuardService<S>,
    engine: Arc<Engine>,
    began: Instant,
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
    let checked = guarded.guard.check(&engine, head, &mut reader).await.passed();
    let route = lent.into_route();
    let Admission { ticket, replay, principal, .. } = match checked {
        Ok(passed) => passed,
        Err(answer) => return Ok(respond::own(request, answer, reader.is_done())),
    };
    if let Some(principal) = principal {
        request.extensions_mut().insert(Principal(principal));
    }
    let admission = Exchange::new(guarded.guard.clone(), engine, ticket, began);
    let visit = service.pass(admission, &mut request, route, reader, replay);
    visit.end(service.inner.call(request).await)
}
