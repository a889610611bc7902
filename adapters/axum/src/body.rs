//! Reads a request body for inspection, and replays it unchanged to the handler.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use portcullis_runtime::{BodyFault, BodySource};

/// Reads the body of a request.
pub(crate) struct Reader {
    pub(crate) body: Body,
    trailers: Option<HeaderMap>,
    /// The error that ended the body; the handler receives it too.
    fault: Option<axum::Error>,
    done: bool,
}

impl Reader {
    pub(crate) fn new(body: Body) -> Self {
        let done = body.is_end_stream();
        Self { body, trailers: None, fault: None, done }
    }

    /// Whether the client's body was read to its end, so that the connection can be used again.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFault>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => {
                    self.done = true;
                    return Poll::Ready(None);
                }
                Some(Err(fault)) => {
                    self.fault = Some(fault);
                    return Poll::Ready(Some(Err(BodyFault::Broken)));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
            }
        }
    }
}

impl BodySource for Reader {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        poll_fn(|context| self.poll_chunk(context)).await
    }
}

/// The body as the client sent it: the bytes that were read, the rest, and the trailers. If the body ended with an error, the
/// handler receives that error: a truncated body must not look complete.
pub(crate) struct ReplayBody {
    read: Option<Bytes>,
    fault: Option<axum::Error>,
    rest: Option<Body>,
    trailers: Option<HeaderMap>,
}

impl ReplayBody {
    pub(crate) fn new(read: Bytes, reader: Reader) -> Self {
        let rest = (!reader.done).then_some(reader.body);
        let read = Some(read).filter(|read| !read.is_empty());
        Self { read, fault: reader.fault, rest, trailers: reader.trailers }
    }
}

impl http_body::Body for ReplayBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(read) = self.read.take() {
            return Poll::Ready(Some(Ok(Frame::data(read))));
        }
        if let Some(fault) = self.fault.take() {
            (self.rest, self.trailers) = (None, None);
            return Poll::Ready(Some(Err(fault)));
        }
        if let Some(rest) = &mut self.rest {
            let frame = ready!(Pin::new(rest).poll_frame(context));
            if frame.is_some() {
                return Poll::Ready(frame);
            }
            self.rest = None;
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_none()
            && self.fault.is_none()
            && self.trailers.is_none()
            && self.rest.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.as_ref().map_or(0, |read| read.len() as u64);
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint
    }
}
