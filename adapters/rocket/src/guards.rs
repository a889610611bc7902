//! What handlers take from a guarded request.

use portcullis_runtime::Messages;
use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};

use crate::request_state::RequestState;

/// Who is asking: what the verifier said whose the credential is, or what the application said with
/// [`Principal::set`]. Forwards with 401 where nobody said anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Principal {
    /// Say who is asking, for rate keys that count by `principal`: from a request fairing that authenticates requests.
    /// Without it such a key counts by client.
    pub fn set(request: &Request<'_>, name: impl Into<String>) {
        RequestState::of(request).state().principal = Some(name.into());
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Principal {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match &RequestState::of(request).state().principal {
            Some(name) => Outcome::Success(Self(name.clone())),
            None => Outcome::Forward(Status::Unauthorized),
        }
    }
}

/// What inspects the messages of the connection that this request opens, for its client and under the policy of its route.
/// Only guarded routes have it.
///
/// ```
/// use portcullis_rocket::{Handshake, Rate};
/// use rocket_ws as ws;
///
/// #[rocket::get("/chat")]
/// fn chat(upgrade: ws::WebSocket, handshake: Handshake) -> ws::Channel<'static> {
///     use rocket::futures::{SinkExt, StreamExt};
///
///     let mut messages = handshake.0.limit(Rate::per_second(10));
///     upgrade.channel(move |mut socket| Box::pin(async move {
///         while let Some(message) = socket.next().await {
///             let message = message?;
///             if let ws::Message::Text(text) = &message
///                 && let Err(refused) = messages.inspect(text)
///             {
///                 let code = refused.code.into();
///                 return socket.close(Some(ws::frame::CloseFrame { code, reason: refused.reason.into() })).await;
///             }
///             socket.send(message).await?;
///         }
///         Ok(())
///     }))
/// }
/// # let _ = rocket::routes![chat];
/// ```
#[derive(Clone, Debug)]
pub struct Handshake(pub Messages);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Handshake {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match &RequestState::of(request).state().exchange {
            Some(admission) => Outcome::Success(Self(admission.messages(request.uri().path().as_str()))),
            None => Outcome::Error((Status::InternalServerError, "mount this route with `Protect::routes`")),
        }
    }
}
