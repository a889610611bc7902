//! The bodies of responses: those of the inner service, observed where a rule applies to them, and those of the guard.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use portcullis_runtime::ResponseObserver;

/// The cost of a response under limits that count by outcome: a handler inserts it into the extensions of its response. The
/// layer removes it before the response is sent. Default: 1; a response of cost 0 is not counted.
///
/// ```
/// use http::Response;
/// use portcullis_tower::Cost;
///
/// async fn search() -> Response<&'static str> {
///     let mut response = Response::new("four pages of results");
///     response.extensions_mut().insert(Cost(25));
///     response
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(pub u32);

pin_project! {
    /// The body of a response of the layer.
    pub struct ResponseBody<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[project = StateProject]
    enum State<B> {
        /// A body of the inner service.
        Inner { #[pin] body: B },
        /// A body of the inner service whose first bytes are observed.
        Observed { #[pin] body: B, observer: Option<Box<ResponseObserver>> },
        /// A body of the guard.
        Guard { text: Option<Bytes> },
    }
}

/// A body, by its source.
#[derive(Debug)]
pub enum ResponseBodySource<B> {
    /// A body of the inner service, as it is.
    Inner(B),
    /// A body of the guard.
    Guard(Bytes),
    /// A body of the inner service that is observed.
    Observed(ResponseBody<B>),
}

impl<B: Body<Data = Bytes>> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { state: State::Inner { body } }
    }

    /// Observe a body while it is sent. An empty body needs no observer: servers do not poll it.
    pub(crate) fn observed(body: B, observer: ResponseObserver) -> Self {
        if body.is_end_stream() {
            return Self::inner(body);
        }
        Self { state: State::Observed { body, observer: Some(Box::new(observer)) } }
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn guard(text: String) -> Self {
        let text = Some(Bytes::from(text)).filter(|text| !text.is_empty());
        Self { state: State::Guard { text } }
    }

    /// The body by its source, for frameworks with one type for all bodies.
    #[must_use]
    pub fn into_source(self) -> ResponseBodySource<B> {
        match self.state {
            State::Inner { body } => ResponseBodySource::Inner(body),
            State::Guard { text } => ResponseBodySource::Guard(text.unwrap_or_default()),
            state @ State::Observed { .. } => ResponseBodySource::Observed(Self { state }),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().state.project() {
            StateProject::Inner { body } => body.poll_frame(context),
            StateProject::Guard { text } => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            StateProject::Observed { mut body, observer } => {
                let frame = ready!(body.as_mut().poll_frame(context));
                if let Some(observing) = observer {
                    let is_complete = match &frame {
                        Some(Ok(frame)) => frame.data_ref().is_some_and(|data| observing.observe(data)),
                        Some(Err(_)) | None => true,
                    };
                    // A server need not poll again after `is_end_stream`.
                    if is_complete || body.is_end_stream() {
                        *observer = None;
                    }
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Inner { body } | State::Observed { body, .. } => body.is_end_stream(),
            State::Guard { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Inner { body } | State::Observed { body, .. } => body.size_hint(),
            State::Guard { text } => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
        }
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    /// Without the content, which may hold data of users.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
