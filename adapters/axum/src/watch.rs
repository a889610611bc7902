//! Showing the guard the body of a response as its frames pass.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use portcullis_runtime::ResponseObserver;

/// What a response costs its client under limits that count by outcome: a handler puts it into the extensions of its
/// response. It is taken out before the response is sent. Without it a response costs one; zero counts nothing.
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

/// A body that is watched as it passes. One that is empty has nothing to show, and servers do not ask for it.
pub(crate) fn tapped(body: Body, observer: ResponseObserver) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Tap { body, observer: Some(Box::new(observer)) })
}

/// A response body whose first bytes are watched.
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
            let enough = match &frame {
                Some(Ok(frame)) => frame.data_ref().is_some_and(|data| observer.observe(data)),
                Some(Err(_)) | None => true,
            };
            // A server need not ask again once the body says that this was all.
            if enough || self.body.is_end_stream() {
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
