//! Reads a request body for inspection, and replays it unchanged to the inner service.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use portcullis_runtime::{BodyFault, BodySource};

/// Reads the body of a request.
pub(crate) struct Reader<B: Body> {
    body: B,
    trailers: Option<HeaderMap>,
    /// The error that ended the body; the inner service receives it too.
    fault: Option<B::Error>,
    done: bool,
}

impl<B: Body + Unpin> Reader<B> {
    pub(crate) fn new(body: B) -> Self {
        let done = body.is_end_stream();
        Self { body, trailers: None, fault: None, done }
    }

    /// Whether the client's body was read to its end, so that the connection can be used again.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// The body as the client sent it: the bytes that were read, the rest, and the trailers.
    pub(crate) fn replay(self, read: Option<Bytes>) -> ReplayBody<B> {
        let Some(read) = read else { return ReplayBody::unread(self.body) };
        let rest = (!self.done).then_some(self.body);
        let read = Some(read).filter(|read| !read.is_empty());
        let replay = Replay { read, fault: self.fault, rest, trailers: self.trailers };
        ReplayBody { state: State::Replay(replay) }
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
                    Ok(data) => return Poll::Ready(Some(Ok(into_bytes(data)))),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
            }
        }
    }
}

/// The bytes of a frame; [`Bytes`] are not copied.
fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B: Body + Unpin> BodySource for Reader<B> {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        poll_fn(|context| self.poll_chunk(context)).await
    }
}

/// The body of an admitted request, as the client sent it. If the body ended with an error, the inner service receives that
/// error: a truncated body does not look complete.
pub struct ReplayBody<B: Body> {
    state: State<B>,
}

enum State<B: Body> {
    /// The guard has read nothing.
    Unread(B),
    Replay(Replay<B>),
}

struct Replay<B: Body> {
    read: Option<Bytes>,
    fault: Option<B::Error>,
    rest: Option<B>,
    trailers: Option<HeaderMap>,
}

impl<B: Body> ReplayBody<B> {
    pub(crate) fn unread(body: B) -> Self {
        Self { state: State::Unread(body) }
    }

    /// The body by its source, for frameworks with one type for all bodies.
    #[must_use]
    pub fn into_source(self) -> RequestBodySource<B> {
        match self.state {
            State::Unread(body) => RequestBodySource::Unread(body),
            state @ State::Replay(_) => RequestBodySource::Replay(Self { state }),
        }
    }
}

/// The body of an admitted request, by its source.
#[derive(Debug)]
pub enum RequestBodySource<B: Body> {
    /// The body itself: the guard has read nothing of it.
    Unread(B),
    /// The bytes that the guard has read, and the rest.
    Replay(ReplayBody<B>),
}

impl<B: Body + Unpin> Body for ReplayBody<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.state {
            State::Unread(body) => poll_bytes(body, context),
            State::Replay(replay) => replay.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Unread(body) => body.is_end_stream(),
            State::Replay(replay) => replay.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Unread(body) => body.size_hint(),
            State::Replay(replay) => replay.size_hint(),
        }
    }
}

fn poll_bytes<B: Body + Unpin>(
    body: &mut B,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
    let frame = ready!(Pin::new(body).poll_frame(context));
    Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes))))
}

impl<B: Body + Unpin> Replay<B> {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(read) = self.read.take() {
            return Poll::Ready(Some(Ok(Frame::data(read))));
        }
        if let Some(fault) = self.fault.take() {
            (self.rest, self.trailers) = (None, None);
            return Poll::Ready(Some(Err(fault)));
        }
        if let Some(rest) = &mut self.rest {
            let frame = ready!(poll_bytes(rest, context));
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
            && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.as_ref().map_or(0, |read| read.len() as u64);
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint
    }
}

impl<B: Body> fmt::Debug for ReplayBody<B> {
    /// Without the content, which may hold data of users.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody").finish_non_exhaustive()
    }
}
