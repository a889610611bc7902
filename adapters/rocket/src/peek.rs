//! What a wrapper can see of a body: Rocket shows it the first 512 bytes and keeps the rest for data guards.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use portcullis_runtime::{BodyFault, BodySource};
use rocket::Data;
use tokio::time::timeout;

/// Bytes that Rocket shows.
const PEEK: usize = 512;
/// Bytes that Rocket itself has looked at before it asks anybody, for a `_method`.
const ROCKETS: usize = 14;

const WITHHELD: &str = "this route reads bodies of up to 512 bytes. Mount it with `Protect::inspected` and take its body as \
     `Inspected<..>`, so that all of it can be inspected";

/// How much of a body there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Empty,
    /// All of it can be seen.
    Small,
    Large,
    /// It has not come, or broke off.
    Faulty(BodyFault),
}

/// Whether the body broke off while Rocket looked for a `_method`. Rocket tells nobody: who looks again is told that the body
/// is over.
pub(crate) async fn is_broken(data: &mut Data<'_>) -> bool {
    !data.peek_complete() && data.peek(ROCKETS).await.len() < ROCKETS
}

/// Whether it is known already that there is no body: Rocket has looked for its first bytes.
pub(crate) fn is_empty(data: &mut Data<'_>) -> bool {
    data.peek_complete() && data.peek(1).now_or_never().is_some_and(<[u8]>::is_empty)
}

/// How large the body is, whose length may be declared. One that is not is looked at, for no longer than `patience`.
pub(crate) async fn measure(declared: Option<u64>, data: &mut Data<'_>, patience: Duration) -> Size {
    match declared {
        Some(0) => return Size::Empty,
        Some(length) if length > PEEK as u64 => return Size::Large,
        Some(_) => return Size::Small,
        None => {}
    }
    let Ok(seen) = timeout(patience, data.peek(PEEK)).await.map(<[u8]>::len) else {
        return Size::Faulty(BodyFault::TimedOut);
    };
    match seen {
        PEEK => Size::Large,
        // Rocket shows less only at the end; or after an error, of which it says nothing and after which there is an end.
        _ if !data.peek_complete() => Size::Faulty(BodyFault::Broken),
        0 => Size::Empty,
        _ => Size::Small,
    }
}

/// A body as far as it can be seen.
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
        let seen = Bytes::copy_from_slice(self.data.peek(PEEK).await);
        // Rocket takes an error of the connection for the end; the length tells them apart.
        let whole = self.declared.map_or(self.data.peek_complete(), |declared| declared == seen.len() as u64);
        if !whole {
            return Some(Err(BodyFault::Broken));
        }
        self.size = Size::Empty;
        Some(Ok(seen))
    }
}
