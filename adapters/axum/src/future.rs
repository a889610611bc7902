//! The response of a guarded service while it is being made.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use http::Response;
use pin_project_lite::pin_project;

use crate::request_state::RequestState;

type ResponseResult = Result<Response<Body>, Infallible>;

pin_project! {
    /// The future of [`GuardService`](crate::GuardService).
    #[project = Project]
    pub struct GuardFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProject]
    enum State<F> {
        /// Decided against, or never to be served.
        Refused { response: Option<Response<Body>> },
        /// Decided for before the future was made: most requests, at no allocation.
        Served { #[pin] response: F, request: RequestState },
        /// Still to be decided: a body has to be read, or somebody has to be asked.
        Driven { response: Pin<Box<dyn Future<Output = ResponseResult> + Send>> },
    }
}

impl<F> GuardFuture<F> {
    pub(crate) fn refused(response: Response<Body>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(crate) fn served(response: F, request: RequestState) -> Self {
        Self { state: State::Served { response, request } }
    }

    pub(crate) fn driven(response: impl Future<Output = ResponseResult> + Send + 'static) -> Self {
        Self { state: State::Driven { response: Box::pin(response) } }
    }
}

impl<F: Future<Output = ResponseResult>> Future for GuardFuture<F> {
    type Output = ResponseResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ResponseResult> {
        match self.project().state.project() {
            StateProject::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProject::Served { response, request } => {
                let response = ready!(response.poll(context))?;
                Poll::Ready(Ok(request.end(response)))
            }
            StateProject::Driven { response } => response.as_mut().poll(context),
        }
    }
}

impl<F> fmt::Debug for GuardFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}
