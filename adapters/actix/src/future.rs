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
use portcullis_runtime::{Admission, AppResponse, Witness};

use crate::body::Switch;
use crate::head::Lines;
use crate::respond::{self, Translated};
use crate::watch::{Cost, Tap};

/// The response of the application or of the guard.
pub(crate) type Answer<B> = ServiceResponse<EitherBody<Tap<B>>>;

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
        Refused { response: Option<Answer<B>> },
        /// Decided for before the future was made: most requests.
        Served { #[pin] response: F, visit: Visit },
        /// Still to be decided: a body has to be read, or somebody has to be asked.
        Driven { response: Pin<Box<dyn Future<Output = Result<Answer<B>, Error>>>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(crate) fn refused(response: Answer<B>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(crate) fn served(response: F, visit: Visit) -> Self {
        Self { state: State::Served { response, visit } }
    }

    pub(crate) fn driven(response: impl Future<Output = Result<Answer<B>, Error>> + 'static) -> Self {
        Self { state: State::Driven { response: Box::pin(response) } }
    }
}

impl<F, B> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<Answer<B>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProject::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProject::Served { response, visit } => {
                let answered = ready!(response.poll(context));
                Poll::Ready(visit.end(answered))
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
pub(crate) struct Visit {
    admission: Admission,
    translated: Rc<Translated>,
    method: Method,
    route: Option<String>,
    switch: Option<Rc<Switch>>,
}

impl Visit {
    /// The request goes to the handler. One that asks for another protocol gets what inspects its messages.
    pub(crate) fn begin(
        admission: Admission,
        translated: Rc<Translated>,
        request: &ServiceRequest,
        route: Option<String>,
        switch: Option<Rc<Switch>>,
    ) -> Self {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            request.extensions_mut().insert(admission.messages(request.uri().path()));
        }
        Self { admission, translated, method: request.method().clone(), route, switch }
    }

    /// The handler has answered, or a middleware inside of the guard has failed.
    pub(crate) fn end<B>(&self, answered: Result<ServiceResponse<B>, Error>) -> Result<Answer<B>, Error> {
        match answered {
            Ok(mut response) => {
                let witness = self.answered(response.response_mut());
                Ok(response.map_body(|_, body| EitherBody::left(Tap::new(body, witness))))
            }
            Err(error) => {
                let mut response = error.error_response();
                let witness = self.answered(&mut response);
                let response = response.map_body(|_, body| BoxBody::new(Tap::new(body, witness)));
                Err(InternalError::from_response(error, response).into())
            }
        }
    }

    /// Tell the guard about a response, and give it the headers of the guard.
    fn answered<B>(&self, response: &mut HttpResponse<B>) -> Option<Witness> {
        let status = response.status();
        if let Some(switch) = self.switch.as_ref().filter(|_| status == StatusCode::SWITCHING_PROTOCOLS) {
            switch.open();
        }
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let witness = self.admission.answered(&AppResponse {
            method: self.method.as_str(),
            route: self.route.as_deref(),
            status: status.as_u16(),
            headers: &Lines(response.headers()),
            cost,
        });
        respond::pass(&self.admission, response, &self.translated);
        witness
    }
}
