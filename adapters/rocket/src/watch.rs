//! Observes the body of a response while it is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use portcullis_runtime::ResponseObserver;
use rocket::response::{self, Body, Responder};
use rocket::{Request, Response};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::request_state::RequestState;

/// A response and its cost under limits that count by outcome. Default: 1; a response of cost 0 is not counted.
///
/// ```
/// use portcullis_rocket::Cost;
///
/// #[rocket::get("/search")]
/// fn search() -> Cost<&'static str> {
///     Cost(25, "four pages of results")
/// }
/// # let _ = rocket::routes![search];
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost<R>(pub u32, pub R);

impl<'r, 'o: 'r, R: Responder<'r, 'o>> Responder<'r, 'o> for Cost<R> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'o> {
        RequestState::of(request).state().cost = Some(self.0);
        self.1.respond_to(request)
    }
}

/// Observe the body of a response while it is sent. A response without a body needs no observer.
pub(crate) async fn observe_body(response: &mut Response<'_>, observer: ResponseObserver) {
    if response.body().is_none() {
        return;
    }
    let size = response.body_mut().size().await;
    let chunk_size = response.body().max_chunk_size();
    let tap = Tap { body: response.body_mut().take(), observer: Some(observer) };
    match size {
        Some(size) => response.set_sized_body(size, tap),
        None => response.set_streamed_body(tap),
    }
    response.set_max_chunk_size(chunk_size);
}

/// A response body whose first bytes are observed.
struct Tap<'r> {
    body: Body<'r>,
    observer: Option<ResponseObserver>,
}

impl AsyncRead for Tap<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.body).poll_read(context, buffer));
        let new = &buffer.filled()[before..];
        if let Some(observer) = &mut self.observer
            && (new.is_empty() || read.is_err() || observer.observe(new))
        {
            self.observer = None;
        }
        Poll::Ready(read)
    }
}

/// Rocket seeks in a sized body only to determine its size; the size of this one is known.
impl AsyncSeek for Tap<'_> {
    fn start_seek(self: Pin<&mut Self>, _: io::SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
