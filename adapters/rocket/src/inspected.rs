//! Data guards for bodies of any length that the guard inspects before the handler runs.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use portcullis_runtime::BodyFault;
use rocket::data::{ByteUnit, DataStream, FromData, Outcome};
use rocket::http::Status;
use rocket::{Data, Ignite, Request, Rocket, Sentinel};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::content::Content;
use crate::fairing::FairingMarker;
use crate::guards::Admission;
use crate::head::{RocketHeaders, length};
use crate::relay::DataGuardEnd;
use crate::request_state::RequestState;

/// The number of bytes of the first read, and the maximum of later ones: a body that does not arrive holds a small buffer.
const MIN_CHUNK: usize = 1 << 10;
const MAX_CHUNK: usize = 16 << 10;

/// A body that is inspected before the handler runs, parsed as `T`: `Vec<u8>`, `String`,
/// [`Json`](rocket::serde::json::Json), [`Form`](rocket::form::Form) or [`Multipart`](crate::Multipart). It has the limits,
/// statuses and forwards of Rocket's own data guards. For bodies that should not be in memory as a whole, use
/// [`InspectedStream`].
///
/// ```
/// use portcullis_rocket::Inspected;
/// use rocket::serde::json::Json;
/// # use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Comment { text: String }
///
/// #[rocket::post("/comments", data = "<comment>")]
/// fn comment(comment: Inspected<Json<Comment>>) -> String {
///     format!("{} characters", comment.text.len())
/// }
/// # let _ = rocket::routes![comment];
/// ```
#[derive(Clone, Debug)]
pub struct Inspected<T> {
    content: T,
    admission: Admission,
}

impl<T> Inspected<T> {
    /// The parsed body.
    pub fn into_inner(self) -> T {
        self.content
    }

    /// The admission of the request.
    #[must_use]
    pub fn admission(&self) -> &Admission {
        &self.admission
    }
}

impl<T> Deref for Inspected<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

impl<T> DerefMut for Inspected<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.content
    }
}

/// The error of a body that could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum InspectedError<E> {
    /// The route is not guarded, or the request is rejected.
    Unguarded,
    /// The body is longer than Rocket's limit for the type.
    TooLarge,
    /// The body did not arrive, or is truncated.
    Broken(io::Error),
    /// The body is invalid for the type.
    Content(E),
}

/// The status and error of a data guard.
type DataFailure<E> = (Status, InspectedError<E>);

const fn unguarded<E>() -> DataFailure<E> {
    (Status::InternalServerError, InspectedError::Unguarded)
}

fn broken<E>(error: io::Error) -> DataFailure<E> {
    (Status::BadRequest, InspectedError::Broken(error))
}

#[rocket::async_trait]
impl<'r, T: Content<'r>> FromData<'r> for Inspected<T> {
    type Error = InspectedError<T::Error>;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        if let Some(status) = T::forwards(request) {
            return Outcome::Forward((data, status));
        }
        let limit = T::limit(request);
        match read(request, data, limit).await {
            Ok((content, admission)) => Outcome::Success(Self { content, admission }),
            Err(error) => Outcome::Error(error),
        }
    }
}

/// Read the whole body, and parse it as `T`.
async fn read<'r, T: Content<'r>>(
    request: &'r Request<'_>,
    data: Data<'r>,
    limit: ByteUnit,
) -> Result<(T, Admission), DataFailure<T::Error>> {
    let declared = length(&RocketHeaders::of(request.headers()));
    let stream = open(request, data, limit + 1).await?;
    let admission = stream.admission.clone();
    let bytes = stream.read_whole(limit, declared).await?;
    match T::read(request, bytes).await {
        Ok(content) => Ok((content, admission)),
        Err((status, error)) => Err((status, InspectedError::Content(error))),
    }
}

impl<T> Sentinel for Inspected<T> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_unguarded(rocket)
    }
}

/// A stream of the whole body, inspected as far as the policy of the route requires: for uploads under
/// [`BodyRule::Prefix`](portcullis_runtime::BodyRule::Prefix).
///
/// ```
/// use portcullis_rocket::InspectedStream;
///
/// #[rocket::post("/upload", data = "<body>")]
/// async fn upload(mut body: InspectedStream<'_>) -> std::io::Result<String> {
///     let stored = tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
///     Ok(format!("stored {stored} bytes"))
/// }
/// # let _ = rocket::routes![upload];
/// ```
pub struct InspectedStream<'r> {
    /// The bytes that were read for inspection.
    read: Bytes,
    /// The error that ended the body: a truncated body must not look complete.
    fault: Option<io::Error>,
    rest: Option<DataStream<'r>>,
    admission: Admission,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for InspectedStream<'r> {
    type Error = InspectedError<std::convert::Infallible>;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match open(request, data, ByteUnit::max_value()).await {
            Ok(body) => Outcome::Success(body),
            Err(error) => Outcome::Error(error),
        }
    }
}

impl Sentinel for InspectedStream<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_unguarded(rocket)
    }
}

/// Whether no fairing is attached: every such route would respond with 500, so Rocket must not launch.
fn is_unguarded(rocket: &Rocket<Ignite>) -> bool {
    let unguarded = rocket.state::<FairingMarker>().is_none();
    if unguarded {
        tracing::error!(target: "portcullis", "a route takes `Inspected`, but no `GuardFairing` is attached");
    }
    unguarded
}

/// The body of an admitted request. Waits for the verdict of the guard.
async fn open<'r, E>(
    request: &Request<'_>,
    data: Data<'r>,
    limit: ByteUnit,
) -> Result<InspectedStream<'r>, DataFailure<E>> {
    let request_state = RequestState::of(request);
    let data_guard = request_state.state().data_guard.take();
    let rest = data.open(limit);
    let (read, fault, rest) = match data_guard {
        Some(data_guard) => relay(data_guard, rest).await.ok_or_else(unguarded)?,
        None => (Bytes::new(), None, Some(rest)),
    };
    let admission = request_state.state().admissions.last().cloned().ok_or_else(unguarded)?;
    Ok(InspectedStream { read, fault, rest, admission: Admission(admission) })
}

/// Read a chunk for each request of the guard, until the guard admits the request. If the guard rejects it, the handler's
/// future is dropped, and this one with it.
async fn relay(
    data_guard: DataGuardEnd,
    mut rest: DataStream<'_>,
) -> Option<(Bytes, Option<io::Error>, Option<DataStream<'_>>)> {
    let DataGuardEnd { mut chunk_requests, mut replay } = data_guard;
    let (mut fault, mut ended, mut unclaimed) = (None, false, Bytes::new());
    let (mut buffer, mut size) = (Vec::new(), MIN_CHUNK);
    let read = loop {
        let chunk_sender = tokio::select! {
            biased;
            read = &mut replay => break read.ok()?,
            Some(chunk_sender) = chunk_requests.recv() => chunk_sender,
        };
        buffer.reserve_exact(size);
        let chunk = match rest.read_buf(&mut buffer).await {
            Ok(0) => {
                ended = true;
                None
            }
            Ok(read) => {
                if read == size {
                    size = (2 * size).min(MAX_CHUNK);
                }
                buffer.shrink_to_fit();
                Some(Ok(Bytes::from(std::mem::take(&mut buffer))))
            }
            Err(error) => {
                fault = Some(error);
                Some(Err(BodyFault::Broken))
            }
        };
        // The guard may no longer wait for this chunk; the handler still needs it.
        if let Err(Some(Ok(chunk))) = chunk_sender.send(chunk) {
            unclaimed = chunk;
        }
    };
    let read = if unclaimed.is_empty() { read } else { [read, unclaimed].concat().into() };
    let rest = (!ended && fault.is_none()).then_some(rest);
    Some((read, fault, rest))
}

impl InspectedStream<'_> {
    /// The admission of the request.
    #[must_use]
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Read the whole body; an error if it is longer than `limit` or shorter than its declared length.
    async fn read_whole<E>(
        mut self,
        limit: ByteUnit,
        declared: Option<u64>,
    ) -> Result<Vec<u8>, DataFailure<E>> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).await.map_err(broken)?;
        if bytes.len() as u64 > limit {
            return Err((Status::PayloadTooLarge, InspectedError::TooLarge));
        }
        // Rocket reports some errors of the connection as the end of the body.
        if declared.is_some_and(|declared| declared > bytes.len() as u64) {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(bytes)
    }
}

impl AsyncRead for InspectedStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.read.is_empty() {
            let length = self.read.len().min(buffer.remaining());
            buffer.put_slice(&self.read[..length]);
            self.read.advance(length);
            return Poll::Ready(Ok(()));
        }
        if let Some(fault) = self.fault.take() {
            return Poll::Ready(Err(fault));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_read(context, buffer),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl fmt::Debug for InspectedStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectedStream").finish_non_exhaustive()
    }
}
