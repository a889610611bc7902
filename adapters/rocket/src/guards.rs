//! Request guards for handlers on guarded routes.

use portcullis_runtime::Messages;
use rocket::Request;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};

use crate::request_state::RequestState;

/// The principal of a request: returned by the verifier for a credential, or set by the application with
/// [`Principal::set`]. Forwards with 401 if no principal is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Principal {
    /// Set the principal, for rate keys that count by `principal`: call it from a request fairing that authenticates requests.
    /// Without a principal such a key counts by client.
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

/// The inspector for the messages of the connection that this request opens, for its client and the policy of its route.
/// Available on guarded routes only.
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
///                 && let Err(rejection) = messages.inspect(text)
///             {
///                 let code = rejection.code.into();
///                 return socket.close(Some(ws::frame::CloseFrame { code, reason: rejection.reason.into() })).await;
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
            Some(exchange) => Outcome::Success(Self(exchange.messages(request.uri().path().as_str()))),
            None => {
                Outcome::Error((Status::InternalServerError, "mount this route with `GuardFairing::routes`"))
            }
        }
    }
}
