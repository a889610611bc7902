//! Relays bodies that are longer than the part that Rocket passes to a wrapper: only the data guard of the route can read
//! them. It reads a chunk for each request of the guard, and waits for the verdict before the handler receives any.

use bytes::Bytes;
use portcullis_runtime::{BodyFault, BodySource};
use tokio::sync::{mpsc, oneshot};

/// A chunk, a fault or the end.
pub(crate) type Chunk = Option<Result<Bytes, BodyFault>>;

/// The guard's end of the relay.
pub(crate) struct GuardEnd(mpsc::UnboundedSender<oneshot::Sender<Chunk>>);

/// The data guard's end of the relay. When it is dropped, the body ends for the guard.
pub(crate) struct DataGuardEnd {
    pub(crate) chunk_requests: mpsc::UnboundedReceiver<oneshot::Sender<Chunk>>,
    /// The bytes that were read of the body; sent when the request is admitted.
    pub(crate) replay: oneshot::Receiver<Bytes>,
}

/// A new relay: the guard's end, the sender of the replay on admission, and the data guard's end.
pub(crate) fn relay() -> (GuardEnd, oneshot::Sender<Bytes>, DataGuardEnd) {
    let (request_sender, chunk_requests) = mpsc::unbounded_channel();
    let (replay_sender, replay) = oneshot::channel();
    (GuardEnd(request_sender), replay_sender, DataGuardEnd { chunk_requests, replay })
}

impl BodySource for GuardEnd {
    async fn chunk(&mut self) -> Chunk {
        let (chunk_sender, chunk) = oneshot::channel();
        self.0.send(chunk_sender).ok()?;
        chunk.await.ok().flatten()
    }
}
