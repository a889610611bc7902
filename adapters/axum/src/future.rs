//! The response future of a guarded service.

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
        /// A response of the guard.
        Ready { response: Option<Response<Body>> },
        /// A request that was admitted without awaiting: most requests, without an allocation.
        Inner { #[pin] response: F, request: RequestState },
        /// A request that awaits its body, the store or a callback.
        Boxed { response: Pin<Box<dyn Future<Output = ResponseResult> + Send>> },
    }
}

impl<F> GuardFuture<F> {
    pub(crate) fn ready(response: Response<Body>) -> Self {
        Self { state: State::Ready { response: Some(response) } }
    }

    pub(crate) fn inner(response: F, request: RequestState) -> Self {
        Self { state: State::Inner { response, request } }
    }

    pub(crate) fn boxed(response: impl Future<Output = ResponseResult> + Send + 'static) -> Self {
        Self { state: State::Boxed { response: Box::pin(response) } }
    }
}

impl<F: Future<Output = ResponseResult>> Future for GuardFuture<F> {
    type Output = ResponseResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ResponseResult> {
        match self.project().state.project() {
            StateProject::Ready { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProject::Inner { response, request } => {
                let response = ready!(response.poll(context))?;
                Poll::Ready(Ok(request.finish(response)))
            }
            StateProject::Boxed { response } => response.as_mut().poll(context),
        }
    }
}

impl<F> fmt::Debug for GuardFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}
