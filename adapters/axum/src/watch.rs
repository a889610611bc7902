//! Showing the guard the body of a response as its frames pass.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http_body::{Body as _, Frame, SizeHint};
use portcullis_runtime::{Engine, Guard, Ticket, Witness};

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
    let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
    let witness = guard.witness(engine, ticket, response.status().as_u16(), response.headers(), cost);
    let Some(witness) = witness else { return response };
    let body = std::mem::take(response.body_mut());
    if body.is_end_stream() {
        drop(witness);
    } else {
        *response.body_mut() = Body::new(Tap { body, witness: Some(Box::new(witness)) });
    }
    response
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
