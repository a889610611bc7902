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
//!     .layer(GuardLayer::new(&guard))
//!     .route("/login", post(|| async { "welcome" }).layer(GuardLayer::new(&guard).policy(login)));
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//! # Ok(()) }
//! ```
//!
//! # One guard per route
//!
//! A layer guards the routes that were added to the router before it, and the fallback: paths that match no route are
//! guarded too. Add routes with a policy of their own after it, each with its own layer. A guard inside a guard would count
//! every request twice, so it responds with 500 and a text that names the fix; the first test request shows it.
//!
//! With `nest`, put the layer on the outer router, after `nest`. With `merge`, put it on the merged router, because only
//! one of the two fallbacks remains after a merge, and it must be the guarded one.
//!
//! # The address of the client
//!
//! The layer reads it from [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo), which
//! `into_make_service_with_connect_info::<SocketAddr>()` provides; in tests, from `MockConnectInfo`. Without it every
//! request is rejected with 403 and a text that names the fix. For other listeners, use [`GuardLayer::peer_from`].
//!
//! # What the guard does not change
//!
//! The handler receives exactly the body that the client sent, including trailers. Response bodies are passed on frame by
//! frame. A `101 Switching Protocols` response is not changed; the handshake before it is checked like any request.
//!
//! # WebSockets
//!
//! Only the handler reads the messages after the handshake. The layer inserts [`Messages`], for the client and the policy of
//! the route, into the extensions of the request. Pass every message to it:
//!
//! ```
//! use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
//! use axum::{Extension, response::Response};
//! use portcullis_axum::{ByteSize, Messages, Rate};
//!
//! async fn chat(upgrade: WebSocketUpgrade, Extension(messages): Extension<Messages>) -> Response {
//!     let mut messages = messages.limit(Rate::per_second(10)).max_size(ByteSize::kib(16));
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
pub use portcullis_runtime::service::*;
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
