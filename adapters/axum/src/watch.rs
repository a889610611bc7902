//! Observes the body of a response, frame by frame.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use portcullis_runtime::ResponseObserver;

/// The cost of a response under limits that count by outcome: a handler inserts it into the extensions of its response. The
/// layer removes it before the response is sent. Default: 1; a response of cost 0 is not counted.
///
/// ```
/// use axum::Extension;
/// use portcullis_axum::Cost;
///
/// async fn search() -> (Extension<Cost>, &'static str) {
///     (Extension(Cost(25)), "four pages of results")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(pub u32);

/// Observe a body while it is sent. An empty body needs no observer: servers do not poll it.
pub(crate) fn observe_body(body: Body, observer: ResponseObserver) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Tap { body, observer: Some(Box::new(observer)) })
}

/// A response body whose first bytes are observed.
struct Tap {
    body: Body,
    observer: Option<Box<ResponseObserver>>,
}

impl http_body::Body for Tap {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(observer) = &mut self.observer {
            let is_complete = match &frame {
                Some(Ok(frame)) => frame.data_ref().is_some_and(|data| observer.observe(data)),
                Some(Err(_)) | None => true,
            };
            // A server need not poll again after `is_end_stream`.
            if is_complete || self.body.is_end_stream() {
                self.observer = None;
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
