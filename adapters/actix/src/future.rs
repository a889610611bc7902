//! The response future of a guarded service, and the state of an admitted request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpResponse};
use pin_project_lite::pin_project;
use portcullis_runtime::{Admission, AppResponse, Exchange, RateState, RejectionInfo, ResponseObserver};

use crate::body::UpgradeGate;
use crate::head::ActixHeaders;
use crate::respond::{self, HeaderCache, ResponseResult};
use crate::watch::{Cost, Tap};

pin_project! {
    /// The future of [`GuardService`](crate::GuardService).
    #[project = Project]
    pub struct GuardFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProject]
    enum State<F, B> {
        /// A response of the guard.
        Ready { response: Option<ResponseResult<B>> },
        /// A request that was admitted without awaiting: most requests.
        Inner { #[pin] response: F, request: RequestState },
        /// A request that awaits its body, the store or a callback.
        Boxed { response: Pin<Box<dyn Future<Output = Result<ResponseResult<B>, Error>>>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(crate) fn ready(response: ResponseResult<B>) -> Self {
        Self { state: State::Ready { response: Some(response) } }
    }

    pub(crate) fn inner(response: F, request: RequestState) -> Self {
        Self { state: State::Inner { response, request } }
    }

    pub(crate) fn boxed(response: impl Future<Output = Result<ResponseResult<B>, Error>> + 'static) -> Self {
        Self { state: State::Boxed { response: Box::pin(response) } }
    }
}

impl<F, B> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ResponseResult<B>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProject::Ready { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProject::Inner { response, request } => {
                let result = ready!(response.poll(context));
                Poll::Ready(request.finish(result))
            }
            StateProject::Boxed { response } => response.as_mut().poll(context),
        }
    }
}

impl<F, B> fmt::Debug for GuardFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}

/// The state of an admitted request. It outlives the request, which the handler consumes.
pub(crate) struct RequestState {
    exchange: Exchange,
    header_cache: Rc<HeaderCache>,
    method: Method,
    route: Option<String>,
    gate: Option<Rc<UpgradeGate>>,
}

impl RequestState {
    /// Prepare the request for the handler: the admission becomes an extension, which allocates once.
    pub(crate) fn begin(
        admission: Admission,
        header_cache: Rc<HeaderCache>,
        request: &ServiceRequest,
        route: Option<String>,
        gate: Option<Rc<UpgradeGate>>,
    ) -> Self {
        let exchange = admission.exchange().clone();
        request.extensions_mut().insert(admission);
        Self { exchange, header_cache, method: request.method().clone(), route, gate }
    }

    /// Report the response of the handler, or the error of an inner middleware, and add the headers of the guard.
    pub(crate) fn finish<B>(
        &mut self,
        result: Result<ServiceResponse<B>, Error>,
    ) -> Result<ResponseResult<B>, Error> {
        match result {
            Ok(mut response) => {
                let observer = self.on_response(response.response_mut());
                Ok(response.map_body(|_, body| EitherBody::left(Tap::new(body, observer))))
            }
            Err(error) => {
                let mut response = error.error_response();
                let observer = self.on_response(&mut response);
                let response = response.map_body(|_, body| BoxBody::new(Tap::new(body, observer)));
                Err(InternalError::from_response(error, response).into())
            }
        }
    }

    /// Report a response to the guard, and add the headers of the guard.
    fn on_response<B>(&mut self, response: &mut HttpResponse<B>) -> Option<ResponseObserver> {
        // An inner guard rejected the request: its response is complete, and no response of the application.
        let rejection =
            response.extensions().get::<RejectionInfo>().map(|cause| cause.is_by(self.exchange.guard()));
        if rejection == Some(true) {
            return None;
        }
        let status = response.status();
        if let Some(gate) = self.gate.as_ref().filter(|_| status == StatusCode::SWITCHING_PROTOCOLS) {
            gate.open();
        }
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let inner_rate = response.extensions_mut().remove::<RateState>();
        let lines = ActixHeaders(response.headers());
        let app_response = AppResponse::new(self.method.as_str(), status.as_u16(), &lines)
            .route(self.route.as_deref())
            .cost(cost)
            .inner_rate(inner_rate);
        let observer = self.exchange.on_response(&app_response);
        match self.exchange.inner_rate() {
            Some(rate) => drop(response.extensions_mut().insert(rate)),
            None => respond::finish_response(&self.exchange, response, &self.header_cache),
        }
        observer
    }
}
