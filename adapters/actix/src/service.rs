//! The service that the middleware wraps around routes.

use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage as _};
use bytes::Bytes;
use portcullis_runtime::{Admission, AdmittedRequest, Arrival, Start};

use crate::body::Reader;
use crate::future::{GuardFuture, RequestState};
use crate::head::BorrowedHead;
use crate::middleware::GuardMiddleware;
use crate::respond::{self, HeaderCache, ResponseResult};

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
        let header_cache = Rc::default();
        ready(Ok(GuardService { inner: Rc::new(service), middleware: self.clone(), header_cache }))
    }
}

/// A service whose requests are guarded.
pub struct GuardService<S> {
    inner: Rc<S>,
    middleware: GuardMiddleware,
    header_cache: Rc<HeaderCache>,
}

impl<S> Clone for GuardService<S> {
    fn clone(&self) -> Self {
        let (inner, header_cache) = (Rc::clone(&self.inner), Rc::clone(&self.header_cache));
        Self { inner, middleware: self.middleware.clone(), header_cache }
    }
}

impl<S> fmt::Debug for GuardService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService").field("middleware", &self.middleware).finish_non_exhaustive()
    }
}

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
        let guard = &self.middleware.guard;
        let outer = request.extensions().get::<Admission>().cloned();
        let arrival = match outer.map_or_else(|| Ok(guard.arrive()), |outer| guard.arrive_within(&outer)) {
            Ok(arrival) => arrival,
            Err(response) => {
                return GuardFuture::ready(respond::build_guard_response(request, response, false));
            }
        };
        let payload = request.take_payload();
        let reader = Reader::new(payload, request.request());
        let borrowed = BorrowedHead::of(request.request());
        let head = borrowed.head(&self.middleware, request.request(), reader.has_body());
        match arrival.start(head, None) {
            Start::Pending(arrival) => {
                drop(borrowed);
                GuardFuture::boxed(drive(self.clone(), arrival, request, reader))
            }
            Start::Decided(Err(response)) => {
                drop(borrowed);
                GuardFuture::ready(respond::build_guard_response(request, response, reader.is_done()))
            }
            Start::Decided(Ok(AdmittedRequest { admission, .. })) => {
                let route = borrowed.into_route();
                let state = self.begin(admission, &mut request, route, reader, None);
                GuardFuture::inner(self.inner.call(request), state)
            }
        }
    }
}

impl<S> GuardService<S> {
    /// Restore the body of an admitted request, and prepare it for the handler.
    fn begin(
        &self,
        admission: Admission,
        request: &mut ServiceRequest,
        route: Option<String>,
        reader: Reader,
        replay: Option<Bytes>,
    ) -> RequestState {
        let (payload, gate) = reader.replay(replay);
        request.set_payload(payload);
        RequestState::begin(admission, Rc::clone(&self.header_cache), request, route, gate)
    }
}

/// Check a request that awaits its body, the store or a callback, and serve it.
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
    let middleware = &service.middleware;
    let borrowed = BorrowedHead::of(request.request());
    let head = borrowed.head(middleware, request.request(), reader.has_body());
    let result = arrival.check(head, &mut reader).await;
    let route = borrowed.into_route();
    let AdmittedRequest { admission, replay, .. } = match result {
        Ok(admission) => admission,
        Err(response) => return Ok(respond::build_guard_response(request, response, reader.is_done())),
    };
    let mut state = service.begin(admission, &mut request, route, reader, replay);
    state.finish(service.inner.call(request).await)
}
