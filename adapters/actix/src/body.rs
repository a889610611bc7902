//! Reading a body for inspection, and handing it on as if nobody had looked.
//!
//! Actix hands the bytes that follow a WebSocket handshake to the handler as if they were a body that ends with the
//! connection. They are none (RFC 9112, section 6): nobody announced them, and to wait for their end would be to wait for the
//! client to leave. They are kept back until the handler has switched protocols, so that no extractor can take for a body what
//! nobody has inspected. One that waits for it nevertheless gets an error when the client leaves, or sends too much.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use actix_web::http::{Method, Version};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use portcullis_runtime::{BodyFault, BodySource};

/// The most bytes that are kept of what comes before the protocol is switched: clients have to wait for that.
const MAX_EARLY: usize = 64 << 10;

/// A body while it is being read.
pub(crate) struct Reader {
    payload: Payload,
    /// What came when it was asked whether there is a body.
    first: Option<Bytes>,
    /// What ended the body early, for the handler to see too.
    fault: Option<PayloadError>,
    done: bool,
    /// The head says that there is one, even if it is empty.
    announced: bool,
    /// What follows is no body.
    held: bool,
}

impl Reader {
    /// The body of a request, if there is one: over HTTP/2, and in tests, only the body itself can tell.
    pub(crate) fn new(mut payload: Payload, request: &HttpRequest) -> Self {
        // A length that is not zero needs no announcement: there is something to come.
        let announced = request.headers().contains_key(TRANSFER_ENCODING);
        if matches!(payload, Payload::None) {
            return Self { payload, first: None, fault: None, done: true, announced, held: false };
        }
        let polled = Pin::new(&mut payload).poll_next(&mut Context::from_waker(Waker::noop()));
        let (first, fault, done) = match polled {
            Poll::Pending => (None, None, false),
            Poll::Ready(None) => (None, None, true),
            Poll::Ready(Some(Ok(chunk))) => (Some(chunk), None, false),
            Poll::Ready(Some(Err(fault))) => (None, Some(fault), false),
        };
        Self { payload, first, fault, done, announced, held: !done && opens_socket(request) }
    }

    /// Whether there is something to be inspected. Of a body in chunks that is empty, whether its end has come already must
    /// not matter.
    pub(crate) fn has_body(&self) -> bool {
        (self.announced || !self.done) && !self.held
    }

    /// Whether the client's body was read to its end, so that the connection can be used again.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// The body as the client sent it: what was read, then what was not. Where it broke off, it breaks off for the handler:
    /// half a body must not look like a whole one. And what opens it, where it is no body.
    pub(crate) fn replay(self, read: Option<Bytes>) -> (Payload, Option<Rc<UpgradeGate>>) {
        let read = read.or(self.first).filter(|read| !read.is_empty());
        let rest = (!self.done).then_some(self.payload);
        if self.held {
            let switch = Rc::<UpgradeGate>::default();
            let replay = Replay { read, fault: self.fault, rest };
            let held =
                HandshakeBody { replay, early: BytesMut::new(), given_up: false, switch: Rc::clone(&switch) };
            let payload = Box::pin(held);
            return (Payload::Stream { payload }, Some(switch));
        }
        match (read, self.fault, rest) {
            (None, None, rest) => (rest.unwrap_or(Payload::None), None),
            (read, fault, rest) => {
                (Payload::Stream { payload: Box::pin(Replay { read, fault, rest }) }, None)
            }
        }
    }
}

/// Whether a request wants to speak another protocol and announces no body.
fn opens_socket(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let announced = headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING);
    let asks = headers.contains_key(UPGRADE) || request.method() == Method::CONNECT;
    asks && !announced && request.version() <= Version::HTTP_11
}

impl BodySource for Reader {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if self.fault.is_some() {
            return Some(Err(BodyFault::Broken));
        }
        match poll_fn(|context| Pin::new(&mut self.payload).poll_next(context)).await {
            None => {
                self.done = true;
                None
            }
            Some(Ok(chunk)) => Some(Ok(chunk)),
            Some(Err(fault)) => {
                self.fault = Some(fault);
                Some(Err(BodyFault::Broken))
            }
        }
    }
}

struct Replay {
    read: Option<Bytes>,
    fault: Option<PayloadError>,
    rest: Option<Payload>,
}

impl Stream for Replay {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(read) = self.read.take() {
            return Poll::Ready(Some(Ok(read)));
        }
        if let Some(fault) = self.fault.take() {
            self.rest = None;
            return Poll::Ready(Some(Err(fault)));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_next(context),
            None => Poll::Ready(None),
        }
    }
}

/// Lets through what follows a handshake.
#[derive(Default)]
pub(crate) struct UpgradeGate {
    switched: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl UpgradeGate {
    /// The protocol has been switched.
    pub(crate) fn open(&self) {
        self.switched.set(true);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// What follows a handshake. It is read before it is let through, too: only what is read tells that the client has left.
struct HandshakeBody {
    replay: Replay,
    /// What came before the protocol was switched.
    early: BytesMut,
    given_up: bool,
    switch: Rc<UpgradeGate>,
}

impl HandshakeBody {
    /// Keep what comes too early, until the client leaves or has sent too much.
    fn poll_early(&mut self, context: &mut Context<'_>) -> Poll<PayloadError> {
        loop {
            match ready!(Pin::new(&mut self.replay).poll_next(context)) {
                Some(Ok(chunk)) if self.early.len() + chunk.len() <= MAX_EARLY => {
                    self.early.extend_from_slice(&chunk);
                }
                Some(Ok(_)) => return Poll::Ready(PayloadError::Overflow),
                Some(Err(fault)) => return Poll::Ready(fault),
                None => return Poll::Ready(PayloadError::Incomplete(None)),
            }
        }
    }
}

impl Stream for HandshakeBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.given_up {
            return Poll::Ready(None);
        }
        if !self.switch.switched.get() {
            self.switch.reader.replace(Some(context.waker().clone()));
            let fault = ready!(self.poll_early(context));
            self.given_up = true;
            return Poll::Ready(Some(Err(fault)));
        }
        if !self.early.is_empty() {
            return Poll::Ready(Some(Ok(self.early.split().freeze())));
        }
        Pin::new(&mut self.replay).poll_next(context)
    }
}
