//! Request guards for handlers on guarded routes.

use std::ops::Deref;

use portcullis_runtime::RejectionInfo;
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

const AFTER_BODY: &str = "the verdict waits for the body: take the admission from `Inspected::admission`";

/// The admission of a request: client, policy, principal, finding, coverage, rate state and reference id. Available on guarded
/// routes only. On a route mounted with [`GuardFairing::inspected`](crate::GuardFairing::inspected), request guards run before the
/// body is read, so use [`Inspected::admission`](crate::Inspected::admission) there.
///
/// ```
/// use portcullis_rocket::Admission;
///
/// #[rocket::get("/whoami")]
/// fn whoami(admission: Admission) -> String {
///     format!("{:?} under {:?}", admission.client(), admission.policy())
/// }
/// # let _ = rocket::routes![whoami];
/// ```
///
/// The messages of a WebSocket are read by the handler only; it passes each to
/// [`messages`](portcullis_runtime::Admission::messages):
///
/// ```
/// use portcullis_rocket::{Admission, Rate};
/// use rocket_ws as ws;
///
/// #[rocket::get("/chat")]
/// fn chat(upgrade: ws::WebSocket, admission: Admission) -> ws::Channel<'static> {
///     use rocket::futures::{SinkExt, StreamExt};
///
///     let mut messages = admission.messages("/chat").limit(Rate::per_second(10));
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
pub struct Admission(pub(crate) portcullis_runtime::Admission);

impl Deref for Admission {
    type Target = portcullis_runtime::Admission;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admission {
    type Error = &'static str;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let state = RequestState::of(request).state();
        match state.admissions.last() {
            Some(admission) => Outcome::Success(Self(admission.clone())),
            None if state.data_guard.is_some() => Outcome::Error((Status::InternalServerError, AFTER_BODY)),
            None => {
                Outcome::Error((Status::InternalServerError, "mount this route with `GuardFairing::routes`"))
            }
        }
    }
}

/// The cause, if the guard rejected this request: for response fairings, such as one that logs.
#[must_use]
pub fn rejection_info(request: &Request<'_>) -> Option<RejectionInfo> {
    RequestState::of(request).state().rejection.clone()
}
