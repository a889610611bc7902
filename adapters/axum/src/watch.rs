//! Telling the guard what the application answered, without changing it.
//!
//! Most responses are told when their head is there. Where a rule is about bodies, the first bytes are copied as the
//! frames pass, and the guard is told when it has seen enough, or when the body ends or is given up. A frame is never held
//! back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use portcullis_runtime::{Engine, Guard, Served, Ticket};

/// What a response costs its client under limits that count by outcome: a handler puts it into the extensions of its
/// response. It is taken out before the response is sent. Without it a response costs one; zero counts nothing.
///
/// ```
/// use axum::Extension;
/// use portcullis_axum::Cost;
///
/// async fn search() -> (Extension<Cost>, &'static str) {
///     (Extension(Cost(25)), "four pages of results")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(pub u32);

/// Tell the guard about a response, now or as its body passes.
pub(crate) fn watch(
    mut response: Response<Body>,
    guard: &Guard,
    engine: &Arc<Engine>,
    ticket: &Ticket,
) -> Response<Body> {
    let cost = response.extensions_mut().remove::<Cost>().map_or(1, |Cost(cost)| cost);
    let status = response.status();
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let Some(prefix) = engine.watches(ticket, response.headers()) else {
        guard.served(engine, ticket, &Served { status: status.as_u16(), body: None, cost });
        return response;
    };
    let witness = Witness {
        guard: guard.clone(),
        engine: Arc::clone(engine),
        ticket: *ticket,
        status: status.as_u16(),
        cost,
        prefix,
        seen: Vec::new(),
    };
    let body = std::mem::take(response.body_mut());
    if body.is_end_stream() {
        drop(witness);
    } else {
        *response.body_mut() = Body::new(Tap { body, witness: Some(Box::new(witness)) });
    }
    response
}

/// Copies what passes, and tells the guard when it is dropped.
struct Witness {
    guard: Guard,
    engine: Arc<Engine>,
    ticket: Ticket,
    status: u16,
    cost: u32,
    prefix: usize,
    seen: Vec<u8>,
}

impl Witness {
    /// Copy what the guard wants to see. Returns whether it has seen enough.
    fn see(&mut self, data: &[u8]) -> bool {
        let room = self.prefix - self.seen.len();
        self.seen.extend_from_slice(&data[..data.len().min(room)]);
        self.seen.len() == self.prefix
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let served = Served { status: self.status, body: Some(&self.seen), cost: self.cost };
        self.guard.served(&self.engine, &self.ticket, &served);
    }
}

/// A response body whose first bytes are watched.
struct Tap {
    body: Body,
    witness: Option<Box<Witness>>,
}

impl http_body::Body for Tap {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(witness) = &mut self.witness {
            let enough = match &frame {
                Some(Ok(frame)) => frame.data_ref().is_some_and(|data| witness.see(data)),
                Some(Err(_)) | None => true,
            };
            // A server need not ask again once the body says that this was all.
            if enough || self.body.is_end_stream() {
                self.witness = None;
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
