//! Portcullis for Actix Web.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use portcullis_actix::{Config, Guard, GuardMiddleware, Rate, RoutePolicy};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::build(Config::from_toml("rate.limit = \"300/min\"")?)?;
//! let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
//! let guarded = GuardMiddleware::new(&guard);
//!
//! HttpServer::new(move || {
//!     App::new()
//!         .service(web::resource("/login").wrap(guarded.clone().policy(login)).to(|| async { "welcome" }))
//!         .service(web::scope("").wrap(guarded.clone()).route("/", web::get().to(|| async { "home" })))
//! })
//! .bind("127.0.0.1:3000")?.run().await?;
//! # Ok(()) }
//! ```
//!
//! # One guard a route
//!
//! Wrap each resource or scope that has a policy of its own, and after them one `web::scope("")` for everything else: what
//! matches none of its routes is answered by the scope's default service, so paths that match no route are guarded too. A
//! guard inside a guard would count every request twice, so it answers 500 and says how to mend it: the first test finds it.
//!
//! An application with one policy, or with its policies in the configuration, wraps the whole `App` instead:
//! `App::new().wrap(GuardMiddleware::new(&guard))`.
//!
//! # Patterns
//!
//! Under `[[route]]`, `pattern` is what [`HttpRequest::match_pattern`](actix_web::HttpRequest::match_pattern) says: the
//! pattern as it was given to `resource` or `route`, behind those of the scopes around it, such as `/users/{id}` or
//! `/files/{name:.*}`. [`Guard::unmatched_routes`] lists patterns that no request came by.
//!
//! # Where the client's address comes from
//!
//! From the connection; in tests, from `TestRequest::peer_addr`. Without one every request is refused with 403 and a text
//! that says so. A server on a Unix socket says so with [`GuardMiddleware::peer_from`]. Headers are read by the guard alone,
//! from trusted proxies only; `ConnectionInfo` is never asked, because it believes everyone.
//!
//! # What it costs
//!
//! The head of a request is lent to the guard as it is, without conversion. Actix keeps headers in a map that is ordered at
//! random, so references to them are sorted, to have the same verdict for the same request. Guard and
//! counters are shared by all workers. The pattern of a route is one string a request, and the guard's response headers are
//! converted from the `http` crate's version 1 to Actix's 0.2 once a worker and configuration.
//!
//! # What is left alone
//!
//! The handler gets exactly the body that the client sent. Response bodies are passed through chunk by chunk, and a
//! `101 Switching Protocols` is not touched at all; the handshake before it is guarded like any request. An error that a
//! middleware inside of the guard returns stays that error, with the guard's headers on its response.
//!
//! # WebSockets
//!
//! What comes after the handshake only the handler reads. It finds a [`Messages`] in the extensions of the request, made for
//! the client and the policy of the route, and asks it about every message:
//!
//! ```
//! use actix_web::{HttpRequest, HttpResponse, web};
//! use portcullis_actix::{ByteSize, Messages, Rate};
//!
//! async fn chat(
//!     request: HttpRequest,
//!     body: web::Payload,
//!     messages: web::ReqData<Messages>,
//! ) -> actix_web::Result<HttpResponse> {
//!     let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
//!     let mut messages = messages.into_inner().limit(Rate::per_second(10)).max_size(ByteSize::kib(16));
//!     actix_web::rt::spawn(async move {
//!         while let Some(Ok(actix_ws::Message::Text(text))) = stream.recv().await {
//!             if let Err(refused) = messages.inspect(&*text) {
//!                 let reason = actix_ws::CloseReason {
//!                     code: actix_ws::CloseCode::from(refused.code),
//!                     description: Some(refused.reason.into()),
//!                 };
//!                 let _ = session.close(Some(reason)).await;
//!                 return;
//!             }
//!             if session.text(text).await.is_err() {
//!                 return;
//!             }
//!         }
//!     });
//!     Ok(response)
//! }
//! ```
//!
//! # The guard in handlers
//!
//! Give it to the application like any state, `App::app_data(web::Data::new(guard.clone()))`, and handlers take
//! `web::Data<Guard>`: to ban somebody by hand, say.

mod body;
mod csp;
mod future;
mod head;
mod middleware;
mod respond;
mod status;
mod watch;

pub use csp::csp_report_endpoint;
pub use future::GuardFuture;
pub use middleware::{GuardMiddleware, GuardService};
pub use portcullis_runtime::service::*;
pub use status::status_endpoint;
pub use watch::{Cost, Tap};
