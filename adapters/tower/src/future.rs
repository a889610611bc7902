//! The response future of a guarded service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::framework::ResponseBodies;
use crate::request_state::RequestState;

/// The result of a guarded service.
pub(crate) type GuardResult<B, E> = Result<Response<B>, E>;

pin_project! {
    /// The future of [`GuardService`](crate::GuardService), around the future `I` of the inner service, whose responses have
    /// bodies `B`.
    pub struct GuardFuture<I, F, B, E>
    where
        F: ResponseBodies<B>,
    {
        #[pin]
        state: State<I, RequestState<F::Route>, GuardResult<F::Body, E>>,
    }
}

pin_project! {
    #[project = StateProject]
    enum State<I, R, O> {
        /// A response of the guard.
        Ready { response: Option<O> },
        /// A request that was admitted without awaiting: most requests, without an allocation.
        Inner { #[pin] response: I, request: R },
        /// A request that awaits its body, the store or a callback.
        Boxed { response: Pin<Box<dyn Future<Output = O> + Send>> },
    }
}

impl<I, F: ResponseBodies<B>, B, E> GuardFuture<I, F, B, E> {
    pub(crate) fn ready(response: Response<F::Body>) -> Self {
        Self { state: State::Ready { response: Some(Ok(response)) } }
    }

    pub(crate) fn inner(response: I, request: RequestState<F::Route>) -> Self {
        Self { state: State::Inner { response, request } }
    }

    pub(crate) fn boxed(response: impl Future<Output = GuardResult<F::Body, E>> + Send + 'static) -> Self {
        Self { state: State::Boxed { response: Box::pin(response) } }
    }
}

impl<I, F, B, E> Future for GuardFuture<I, F, B, E>
where
    F: ResponseBodies<B>,
    I: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = GuardResult<F::Body, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProject::Ready { response } => response.take().map_or(Poll::Pending, Poll::Ready),
            StateProject::Inner { response, request } => {
                let response = ready!(response.poll(context))?;
                Poll::Ready(Ok(request.finish(response).map(F::response_body)))
            }
            StateProject::Boxed { response } => response.as_mut().poll(context),
        }
    }
}

impl<I, F: ResponseBodies<B>, B, E> fmt::Debug for GuardFuture<I, F, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}
