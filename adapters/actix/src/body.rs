//! Reads a request body for inspection, and replays it unchanged to the handler.
//!
//! Actix passes the bytes after a WebSocket handshake to the handler as a body that ends with the connection. A request
//! without `Content-Length` and `Transfer-Encoding` has no body (RFC 9112, section 6.3), and its end would come only when the
//! client disconnects. [`HandshakeBody`] withholds these bytes until the handler has switched protocols, so that no extractor
//! reads uninspected bytes as a body. An extractor that waits for them gets an error when the client disconnects or sends more
//! than [`MAX_EARLY`].

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

/// The maximum number of bytes that are buffered before the protocol is switched: clients must wait for the switch.
const MAX_EARLY: usize = 64 << 10;

/// Reads the body of a request.
pub(crate) struct Reader {
    payload: Payload,
    /// The chunk that the first poll returned.
    first: Option<Bytes>,
    /// The error that ended the body; the handler receives it too.
    fault: Option<PayloadError>,
    done: bool,
    /// The request has `Transfer-Encoding`: it has a body, even if that is empty.
    is_chunked: bool,
    /// The bytes after the head are not a body.
    is_upgrade: bool,
}

impl Reader {
    /// Poll the body once: over HTTP/2, and in tests, only that shows whether there is one.
    pub(crate) fn new(mut payload: Payload, request: &HttpRequest) -> Self {
        // A `Content-Length` other than zero needs no flag: such a body is not at its end.
        let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
        if matches!(payload, Payload::None) {
            return Self { payload, first: None, fault: None, done: true, is_chunked, is_upgrade: false };
        }
        let polled = Pin::new(&mut payload).poll_next(&mut Context::from_waker(Waker::noop()));
        let (first, fault, done) = match polled {
            Poll::Pending => (None, None, false),
            Poll::Ready(None) => (None, None, true),
            Poll::Ready(Some(Ok(chunk))) => (Some(chunk), None, false),
            Poll::Ready(Some(Err(fault))) => (None, Some(fault), false),
        };
        let is_upgrade = !done && is_upgrade_without_body(request);
        Self { payload, first, fault, done, is_chunked, is_upgrade }
    }

    /// Whether there is a body to inspect. The result for an empty chunked body must not depend on whether its end has
    /// arrived.
    pub(crate) fn has_body(&self) -> bool {
        (self.is_chunked || !self.done) && !self.is_upgrade
    }

    /// Whether the client's body was read to its end, so that the connection can be used again.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// The body as the client sent it: the bytes that were read, then the rest. If the body ended with an error, the handler
    /// receives that error: a truncated body must not look complete. For an upgrade, also the gate of the bytes after it.
    pub(crate) fn replay(self, read: Option<Bytes>) -> (Payload, Option<Rc<UpgradeGate>>) {
        let read = read.or(self.first).filter(|read| !read.is_empty());
        let rest = (!self.done).then_some(self.payload);
        if self.is_upgrade {
            let gate = Rc::<UpgradeGate>::default();
            let replay = Replay { read, fault: self.fault, rest };
            let body =
                HandshakeBody { replay, early: BytesMut::new(), is_failed: false, gate: Rc::clone(&gate) };
            return (Payload::Stream { payload: Box::pin(body) }, Some(gate));
        }
        match (read, self.fault, rest) {
            (None, None, rest) => (rest.unwrap_or(Payload::None), None),
            (read, fault, rest) => {
                (Payload::Stream { payload: Box::pin(Replay { read, fault, rest }) }, None)
            }
        }
    }
}

/// Whether a request is for another protocol and has no body.
fn is_upgrade_without_body(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let has_body = headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING);
    let is_upgrade = headers.contains_key(UPGRADE) || request.method() == Method::CONNECT;
    is_upgrade && !has_body && request.version() <= Version::HTTP_11
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

/// Withholds the bytes after a handshake until the protocol is switched.
#[derive(Default)]
pub(crate) struct UpgradeGate {
    is_open: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl UpgradeGate {
    /// Release the bytes: the protocol is switched.
    pub(crate) fn open(&self) {
        self.is_open.set(true);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// The bytes after a handshake. They are also read while they are withheld: only a read detects that the client disconnects.
struct HandshakeBody {
    replay: Replay,
    /// The bytes that arrived before the protocol was switched.
    early: BytesMut,
    is_failed: bool,
    gate: Rc<UpgradeGate>,
}

impl HandshakeBody {
    /// Buffer the early bytes, until the client disconnects or exceeds [`MAX_EARLY`].
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
        if self.is_failed {
            return Poll::Ready(None);
        }
        if !self.gate.is_open.get() {
            self.gate.reader.replace(Some(context.waker().clone()));
            let fault = ready!(self.poll_early(context));
            self.is_failed = true;
            return Poll::Ready(Some(Err(fault)));
        }
        if !self.early.is_empty() {
            return Poll::Ready(Some(Ok(self.early.split().freeze())));
        }
        Pin::new(&mut self.replay).poll_next(context)
    }
}
