//! Bodies that are longer than what Rocket lets a wrapper see: only the data guard of the route can read them. It reads a
//! chunk whenever the guard asks for one, and waits for the verdict before the handler gets anything.

use bytes::Bytes;
use portcullis_runtime::{BodyFault, BodySource};
use tokio::sync::{mpsc, oneshot};

/// A chunk, a fault or the end.
pub(crate) type Chunk = Option<Result<Bytes, BodyFault>>;

/// The guard's side.
pub(crate) struct GuardEnd(mpsc::UnboundedSender<oneshot::Sender<Chunk>>);

/// The data guard's side. A body ends for the guard when this is dropped.
pub(crate) struct DataGuardEnd {
    pub(crate) asked: mpsc::UnboundedReceiver<oneshot::Sender<Chunk>>,
    /// What was read of the body, once the request may pass.
    pub(crate) verdict: oneshot::Receiver<Bytes>,
}

/// A body that is to be relayed, and what tells the data guard that the request may pass.
pub(crate) fn relay() -> (GuardEnd, oneshot::Sender<Bytes>, DataGuardEnd) {
    let (ask, asked) = mpsc::unbounded_channel();
    let (pass, verdict) = oneshot::channel();
    (GuardEnd(ask), pass, DataGuardEnd { asked, verdict })
}

impl BodySource for GuardEnd {
    async fn chunk(&mut self) -> Chunk {
        let (answer, on_response) = oneshot::channel();
        self.0.send(answer).ok()?;
        on_response.await.ok().flatten()
    }
}
