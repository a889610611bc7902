//! The response of a guarded service while it is being made, and what the guard is told of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::UPGRADE;
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _, HttpResponse};
use pin_project_lite::pin_project;
use portcullis_runtime::{AppResponse, Exchange, ResponseObserver};

use crate::body::UpgradeGate;
use crate::head::ActixHeaders;
use crate::respond::{self, HeaderCache};
use crate::watch::{Cost, Tap};

/// The response of the application or of the guard.
pub(crate) type ResponseResult<B> = ServiceResponse<EitherBody<Tap<B>>>;

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
        /// Decided against, or never to be served.
        Refused { response: Option<ResponseResult<B>> },
        /// Decided for before the future was made: most requests.
        Served { #[pin] response: F, request: RequestState },
        /// Still to be decided: a body has to be read, or somebody has to be asked.
        Driven { response: Pin<Box<dyn Future<Output = Result<ResponseResult<B>, Error>>>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(crate) fn refused(response: ResponseResult<B>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(crate) fn served(response: F, request: RequestState) -> Self {
        Self { state: State::Served { response, request } }
    }

    pub(crate) fn driven(response: impl Future<Output = Result<ResponseResult<B>, Error>> + 'static) -> Self {
        Self { state: State::Driven { response: Box::pin(response) } }
    }
}

impl<F, B> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ResponseResult<B>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProject::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProject::Served { response, request } => {
                let on_response = ready!(response.poll(context));
                Poll::Ready(request.end(on_response))
            }
            StateProject::Driven { response } => response.as_mut().poll(context),
        }
    }
}

impl<F, B> fmt::Debug for GuardFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}

/// A request that was let through. It outlives the request, which the handler consumes.
pub(crate) struct RequestState {
    exchange: Exchange,
    translated: Rc<HeaderCache>,
    method: Method,
    route: Option<String>,
    switch: Option<Rc<UpgradeGate>>,
}

impl RequestState {
    /// The request goes to the handler. One that asks for another protocol gets what inspects its messages.
    pub(crate) fn begin(
        exchange: Exchange,
        translated: Rc<HeaderCache>,
        request: &ServiceRequest,
        route: Option<String>,
        switch: Option<Rc<UpgradeGate>>,
    ) -> Self {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            request.extensions_mut().insert(exchange.messages(request.uri().path()));
        }
        Self { exchange, translated, method: request.method().clone(), route, switch }
    }

    /// The handler has answered, or a middleware inside of the guard has failed.
    pub(crate) fn end<B>(
        &self,
        on_response: Result<ServiceResponse<B>, Error>,
    ) -> Result<ResponseResult<B>, Error> {
        match on_response {
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

    /// Tell the guard about a response, and give it the headers of the guard.
    fn on_response<B>(&self, response: &mut HttpResponse<B>) -> Option<ResponseObserver> {
        let status = response.status();
        if let Some(switch) = self.switch.as_ref().filter(|_| status == StatusCode::SWITCHING_PROTOCOLS) {
            switch.open();
        }
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let observer = self.exchange.on_response(&AppResponse {
            method: self.method.as_str(),
            route: self.route.as_deref(),
            status: status.as_u16(),
            headers: &ActixHeaders(response.headers()),
            cost,
        });
        respond::pass(&self.exchange, response, &self.translated);
        observer
    }
}
