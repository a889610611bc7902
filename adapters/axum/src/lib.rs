//! Portcullis for Axum: a tower layer that checks requests in process.
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use axum::{Router, routing::{get, post}};
//! use portcullis_axum::{Config, Guard, GuardLayer, Rate, RoutePolicy};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::build(Config::from_toml("rate.limit = \"300/min\"")?)?;
//! let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
//!
//! let app = Router::new()
//!     .route("/", get(|| async { "home" }))
//!     .route("/login", post(|| async { "welcome" }).layer(GuardLayer::new(&guard).policy(login)))
//!     .layer(GuardLayer::new(&guard));
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//! # Ok(()) }
//! ```
//!
//! # Layers
//!
//! A layer guards the routes that were added to the router before it, and the fallback: paths that match no route are
//! guarded too. A layer with a policy on a route inside narrows: it checks only what its policy adds, such as a limit, a
//! credential or an address list, and loosens nothing that the outer layer checks. What the outer layer counted is not counted
//! again. For a policy that loosens, such as one with an exclusion or a bypass, add the route after the outer layer, with a layer
//! of its own, or write the policy under `[[route]]`, which the outer layer finds by the pattern of the route. Layers inside one
//! another must be made from clones of one [`Guard`]; otherwise requests get 500, and the log names the fix.
//!
//! With `nest`, put the layer on the outer router, after `nest`. With `merge`, put it on the merged router, because only
//! one of the two fallbacks remains after a merge, and it must be the guarded one.
//!
//! # The address of the client
//!
//! The layer reads it from [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo), which
//! `into_make_service_with_connect_info::<SocketAddr>()` provides; in tests, from `MockConnectInfo`. Without it every
//! request gets 500, and the log names the fix. For other listeners, use
//! [`GuardLayer::peer_from`](portcullis_tower::GuardLayer::peer_from).
//!
//! # What handlers and outer layers can read
//!
//! The layer adds an [`Admission`] to the extensions of the request: client, policy, principal, a finding that was let pass,
//! coverage, rate state and reference id. It adds a [`RejectionInfo`] to the extensions of a rejection: check, status, class,
//! rule and reference id.
//!
//! ```
//! use axum::{Extension, response::Response};
//! use portcullis_axum::{Admission, RejectionInfo};
//!
//! async fn whoami(Extension(admission): Extension<Admission>) -> String {
//!     format!("{:?} under the policy {:?}", admission.client(), admission.policy())
//! }
//!
//! async fn log_rejections(response: Response) -> Response {
//!     if let Some(cause) = response.extensions().get::<RejectionInfo>() {
//!         println!("{:?} {:?} {:?}", cause.check, cause.rule, cause.reference);
//!     }
//!     response
//! }
//! # let _: axum::Router = axum::Router::new().route("/whoami", axum::routing::get(whoami))
//! #     .layer(axum::middleware::map_response(log_rejections));
//! ```
//!
//! The extension costs the request one allocation; a finding, a principal, an attachment or an inner guard costs more.
//!
//! # What the guard does not change
//!
//! The handler receives exactly the body that the client sent, including trailers. Response bodies are passed on frame by
//! frame. A `101 Switching Protocols` response is not changed; the handshake before it is checked like any request.
//!
//! # WebSockets
//!
//! Only the handler reads the messages after the handshake. [`Admission::messages`] returns their inspector, for the client and
//! the policy of the request. Pass every message to it:
//!
//! ```
//! use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
//! use axum::{Extension, response::Response};
//! use portcullis_axum::{Admission, ByteSize, Rate};
//!
//! async fn chat(upgrade: WebSocketUpgrade, Extension(admission): Extension<Admission>) -> Response {
//!     let mut messages = admission.messages("/chat").limit(Rate::per_second(10)).max_size(ByteSize::kib(16));
//!     upgrade.on_upgrade(|mut socket| async move {
//!         while let Some(Ok(Message::Text(text))) = socket.recv().await {
//!             if let Err(rejection) = messages.inspect(text.as_str()) {
//!                 let frame = CloseFrame { code: rejection.code, reason: rejection.reason.into() };
//!                 let _ = socket.send(Message::Close(Some(frame))).await;
//!                 return;
//!             }
//!             if socket.send(Message::Text(text)).await.is_err() {
//!                 return;
//!             }
//!         }
//!     })
//! }
//! # let _: axum::Router = axum::Router::new().route("/chat", axum::routing::get(chat));
//! ```

mod csp;
mod framework;
mod status;

pub use csp::csp_report_endpoint;
pub use framework::{Axum, GuardLayer, GuardService, RoutePath};
pub use portcullis_runtime::service::{
    AddressTables, AddressTablesBuilder, Admission, ApplicationCount, Attachments, BanEntry, BanError,
    BlockReport, BodyRule, Bypass, ByteSize, Check, Cidr, Class, Clock, Config, ConfigErrors, Country,
    Credential, CredentialDecision, Guard, GuardBuilder, Hook, HookDecision, HookResponse, Hours,
    ManualClock, MemoryStore, MessageRejection, Messages, Modifier, MutableResponse, Peer, PolicyHandle,
    Principal, Rate, RateKey, RateState, RejectionInfo, ReloadError, RequestView, RequiredHeader,
    RoutePolicy, RouteRate, RuleDocument, RuleError, RulesOutcome, Secret, Status, SystemClock, TimeOfDay,
    TimeZone, Timestamp, Verifier, Watcher, Weekday, config, detect, envelope, event, sink, state, testing,
};
pub use portcullis_tower::Cost;
pub use status::status_endpoint;

/// Compiles the snippets of the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;
    #[doc = include_str!("../../../docs/operations.md")]
    struct Operations;
}
