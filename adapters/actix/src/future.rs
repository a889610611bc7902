//! The response of a guarded service while it is being made, and what the guard is told of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::UPGRADE;
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _};
use pin_project_lite::pin_project;
use portcullis_runtime::{Engine, Guard, Handled, Ticket};

use crate::body::Switch;
use crate::respond::{self, Translated};
use crate::watch::{Tap, watch};

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
        Served { #[pin] response: F, followed: Followed<Visit> },
        /// Still to be decided: a body has to be read, or somebody has to be asked.
        Driven { response: Pin<Box<dyn Future<Output = Result<Answer<B>, Error>>>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(crate) fn refused(response: Answer<B>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(crate) fn served(response: F, followed: Followed<Visit>) -> Self {
        Self { state: State::Served { response, followed } }
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
            StateProject::Served { response, followed } => {
                let answered = ready!(response.poll(context));
                Poll::Ready(followed.finish(answered))
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

/// What outlives the request, which the handler consumes.
pub(crate) struct Followed<V> {
    pub(crate) guard: Guard,
    pub(crate) engine: Arc<Engine>,
    pub(crate) translated: Rc<Translated>,
    pub(crate) began: Instant,
    pub(crate) visit: V,
}

/// A request that was let through.
pub(crate) struct Visit {
    ticket: Ticket,
    method: Method,
    route: Option<String>,
    switch: Option<Rc<Switch>>,
}

impl Followed<()> {
    /// The request goes to the handler. One that asks for another protocol gets what inspects its messages.
    pub(crate) fn passed(
        self,
        request: &ServiceRequest,
        ticket: Ticket,
        route: Option<String>,
        switch: Option<Rc<Switch>>,
    ) -> Followed<Visit> {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            let messages = self.guard.messages_after(&ticket, request.uri().path());
            request.extensions_mut().insert(messages);
        }
        let visit = Visit { ticket, method: request.method().clone(), route, switch };
        let Self { guard, engine, translated, began, .. } = self;
        Followed { guard, engine, translated, began, visit }
    }
}

impl Followed<Visit> {
    /// The handler has answered, or a middleware inside of the guard has failed.
    pub(crate) fn finish<B>(&self, answered: Result<ServiceResponse<B>, Error>) -> Result<Answer<B>, Error> {
        match answered {
            Ok(mut response) => {
                self.responded(response.status());
                if response.status() == StatusCode::SWITCHING_PROTOCOLS
                    && let Some(switch) = &self.visit.switch
                {
                    switch.open();
                }
                let witness = watch(response.response_mut(), &self.guard, &self.engine, &self.visit.ticket);
                self.dress(response.response_mut());
                Ok(response.map_body(|_, body| EitherBody::left(Tap::new(body, witness))))
            }
            Err(error) => {
                let mut response = error.error_response();
                self.responded(response.status());
                let witness = watch(&mut response, &self.guard, &self.engine, &self.visit.ticket);
                self.dress(&mut response);
                let response = response.map_body(|_, body| BoxBody::new(Tap::new(body, witness)));
                Err(InternalError::from_response(error, response).into())
            }
        }
    }

    fn responded(&self, status: StatusCode) {
        let handled = Handled {
            method: self.visit.method.as_str(),
            route: self.visit.route.as_deref(),
            status: status.as_u16(),
            elapsed: self.began.elapsed(),
        };
        self.guard.responded(&self.engine, &self.visit.ticket, &handled);
    }

    fn dress<B>(&self, response: &mut actix_web::HttpResponse<B>) {
        let headers = self.engine.respond(&self.visit.ticket);
        respond::pass(&self.guard, &self.engine, response, &headers, &self.translated);
    }
}
