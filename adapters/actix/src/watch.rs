//! Observes the body of a response, chunk by chunk.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;
use portcullis_runtime::ResponseObserver;

/// The cost of a response under limits that count by outcome: a handler inserts it into the extensions of its response.
/// Default: 1; a response of cost 0 is not counted.
///
/// ```
/// use actix_web::HttpResponse;
/// use portcullis_actix::Cost;
///
/// async fn search() -> HttpResponse {
///     let mut response = HttpResponse::Ok().body("four pages of results");
///     response.extensions_mut().insert(Cost(25));
///     response
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(pub u32);

pin_project! {
    /// A response body whose first bytes may be observed.
    pub struct Tap<B> {
        #[pin]
        body: B,
        observer: Option<Box<ResponseObserver>>,
    }
}

impl<B> Tap<B> {
    pub(crate) fn new(body: B, observer: Option<ResponseObserver>) -> Self {
        Self { body, observer: observer.map(Box::new) }
    }
}

impl<B: MessageBody> MessageBody for Tap<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let chunk = ready!(this.body.poll_next(context));
        if let Some(observer) = this.observer {
            let is_complete = match &chunk {
                Some(Ok(data)) => observer.observe(data),
                Some(Err(_)) | None => true,
            };
            if is_complete {
                *this.observer = None;
            }
        }
        Poll::Ready(chunk)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, observer } = self;
        match body.try_into_bytes() {
            Ok(bytes) => {
                if let Some(mut observer) = observer {
                    observer.observe(&bytes);
                }
                Ok(bytes)
            }
            Err(body) => Err(Self { body, observer }),
        }
    }
}

impl<B> fmt::Debug for Tap<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("observer", &self.observer).finish_non_exhaustive()
    }
}
