//! The part of a body that a wrapper can read: Rocket passes it the first 512 bytes, and the rest only to data guards.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use portcullis_runtime::{BodyFault, BodySource};
use rocket::Data;
use tokio::time::timeout;

/// The maximum number of bytes that Rocket passes to a wrapper.
const MAX_PEEK: usize = 512;
/// The bytes that Rocket itself reads before fairings run, to find `_method`.
const METHOD_PEEK: usize = 14;

const WITHHELD: &str = "this route reads bodies of up to 512 bytes. Mount it with `GuardFairing::inspected` and take its body \
     as `Inspected<..>`, so that all of it can be inspected";

/// The size of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Empty,
    /// The whole body can be peeked at.
    Small,
    Large,
    /// It did not arrive, or is truncated.
    Faulty(BodyFault),
}

/// Whether the body ended with an error while Rocket looked for `_method`. Rocket does not report this error: later reads
/// return the end of the body.
pub(crate) async fn is_broken(data: &mut Data<'_>) -> bool {
    !data.peek_complete() && data.peek(METHOD_PEEK).await.len() < METHOD_PEEK
}

/// Whether there is no body, without waiting: Rocket has already read its first bytes.
pub(crate) fn is_empty(data: &mut Data<'_>) -> bool {
    data.peek_complete() && data.peek(1).now_or_never().is_some_and(<[u8]>::is_empty)
}

/// The size of the body. Without a declared length, wait for its bytes for at most `max_wait`.
pub(crate) async fn measure(declared: Option<u64>, data: &mut Data<'_>, max_wait: Duration) -> Size {
    match declared {
        Some(0) => return Size::Empty,
        Some(length) if length > MAX_PEEK as u64 => return Size::Large,
        Some(_) => return Size::Small,
        None => {}
    }
    let Ok(length) = timeout(max_wait, data.peek(MAX_PEEK)).await.map(<[u8]>::len) else {
        return Size::Faulty(BodyFault::TimedOut);
    };
    match length {
        MAX_PEEK => Size::Large,
        // Rocket returns less only at the end, or after an error, which it does not report.
        _ if !data.peek_complete() => Size::Faulty(BodyFault::Broken),
        0 => Size::Empty,
        _ => Size::Small,
    }
}

/// The part of a body that a wrapper can read.
pub(crate) struct BodyPeek<'d, 'r> {
    pub(crate) data: &'d mut Data<'r>,
    /// Empty once the body was read to its end, so that the connection can be used again.
    pub(crate) size: Size,
    pub(crate) declared: Option<u64>,
}

impl BodySource for BodyPeek<'_, '_> {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        match self.size {
            Size::Empty => return None,
            Size::Faulty(fault) => return Some(Err(fault)),
            Size::Large => return Some(Err(BodyFault::Withheld(WITHHELD))),
            Size::Small => {}
        }
        let bytes = Bytes::copy_from_slice(self.data.peek(MAX_PEEK).await);
        // Rocket reports an error of the connection as the end of the body; the length distinguishes them.
        let whole =
            self.declared.map_or(self.data.peek_complete(), |declared| declared == bytes.len() as u64);
        if !whole {
            return Some(Err(BodyFault::Broken));
        }
        self.size = Size::Empty;
        Some(Ok(bytes))
    }
}
