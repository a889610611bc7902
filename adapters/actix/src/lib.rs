//! Portcullis for Actix Web: a middleware that checks requests in process.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use portcullis_actix::{Config, Guard, GuardMiddleware, Rate, RoutePolicy};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::build(Config::from_toml("rate.limit = \"300/min\"")?)?;
//! let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
//! let middleware = GuardMiddleware::new(&guard);
//!
//! HttpServer::new(move || {
//!     App::new()
//!         .service(web::resource("/login").wrap(middleware.clone().policy(login)).to(|| async { "welcome" }))
//!         .service(web::scope("").wrap(middleware.clone()).route("/", web::get().to(|| async { "home" })))
//! })
//! .bind("127.0.0.1:3000")?.run().await?;
//! # Ok(()) }
//! ```
//!
//! # Scopes
//!
//! Wrap each resource or scope that has a policy of its own, and after them one `web::scope("")` for all other routes: the
//! default service of that scope handles paths that match no route, so they are guarded too.
//!
//! A middleware with a policy inside a guarded scope narrows: it checks only what its policy adds, such as a limit, a credential
//! or an address list, and loosens nothing that the outer one checks. What the outer one counted is not counted again. They must
//! be made from clones of one [`Guard`]; otherwise requests get 500, and the log names the fix.
//!
//! An application with one policy, or with its policies in the configuration, wraps the whole `App` instead:
//! `App::new().wrap(GuardMiddleware::new(&guard))`.
//!
//! # Patterns
//!
//! Under `[[route]]`, `pattern` is the result of [`HttpRequest::match_pattern`](actix_web::HttpRequest::match_pattern): the
//! patterns of the surrounding scopes followed by the pattern of the `resource` or `route`, such as `/users/{id}` or
//! `/files/{name:.*}`. [`Guard::unmatched_routes`] lists patterns that matched no request.
//!
//! # The address of the client
//!
//! The middleware reads it from the connection; in tests, from `TestRequest::peer_addr`. Without an address every request gets
//! 500, and the log names the fix. For a server on a Unix socket, use [`GuardMiddleware::peer_from`]. The
//! guard reads forwarding headers itself, from trusted proxies only. It does not use `ConnectionInfo`, which trusts the
//! headers of every client.
//!
//! # What handlers and outer middlewares can read
//!
//! The middleware adds an [`Admission`] to the extensions of the request, `web::ReqData<Admission>` for handlers: client, policy,
//! principal, a finding that was let pass, coverage, rate state and reference id. It adds a [`RejectionInfo`] to the extensions of
//! a rejection: check, status, class, rule and reference id. The extension costs the request one allocation; a finding, a
//! principal, an attachment or an inner guard costs more.
//!
//! # Cost
//!
//! The guard borrows the head of a request without conversion. Actix keeps headers in a map of random order, so references
//! to them are sorted, so that the same request gets the same verdict. All workers share the guard and its counters. The
//! pattern of a route is one string for each request. The guard's response headers are converted from version 1 of the `http`
//! crate to version 0.2, which Actix uses, once for each worker and configuration.
//!
//! # What the guard does not change
//!
//! The handler receives exactly the body that the client sent. Response bodies are passed on chunk by chunk. A
//! `101 Switching Protocols` response is not changed; the handshake before it is checked like any request. An error that an
//! inner middleware returns stays that error, with the guard's headers on its response.
//!
//! # WebSockets
//!
//! Only the handler reads the messages after the handshake. [`Admission::messages`] returns their inspector, for the client and
//! the policy of the request. Pass every message to it:
//!
//! ```
//! use actix_web::{HttpRequest, HttpResponse, web};
//! use portcullis_actix::{Admission, ByteSize, Rate};
//!
//! async fn chat(
//!     request: HttpRequest,
//!     body: web::Payload,
//!     admission: web::ReqData<Admission>,
//! ) -> actix_web::Result<HttpResponse> {
//!     let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
//!     let mut messages = admission.messages("/chat").limit(Rate::per_second(10)).max_size(ByteSize::kib(16));
//!     actix_web::rt::spawn(async move {
//!         while let Some(Ok(actix_ws::Message::Text(text))) = stream.recv().await {
//!             if let Err(rejection) = messages.inspect(&*text) {
//!                 let reason = actix_ws::CloseReason {
//!                     code: actix_ws::CloseCode::from(rejection.code),
//!                     description: Some(rejection.reason.into()),
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
//! Register it as application data, `App::app_data(web::Data::new(guard.clone()))`. Handlers then take `web::Data<Guard>`, for
//! example to ban a client.

mod body;
mod csp;
mod future;
mod head;
mod middleware;
mod respond;
mod service;
mod status;
mod watch;

pub use csp::csp_report_endpoint;
pub use future::GuardFuture;
pub use middleware::GuardMiddleware;
pub use portcullis_runtime::service::{
    AddressTables, AddressTablesBuilder, Admission, ApplicationCount, Attachments, BanEntry, BanError,
    BlockReport, BodyRule, Bypass, ByteSize, Check, Cidr, Class, Clock, Config, ConfigErrors, Country,
    Credential, CredentialDecision, Guard, GuardBuilder, Hook, HookDecision, HookResponse, Hours,
    ManualClock, MemoryStore, MessageRejection, Messages, Modifier, MutableResponse, Peer, PolicyHandle,
    Principal, Rate, RateKey, RateState, RejectionInfo, ReloadError, RequestView, RequiredHeader,
    RoutePolicy, RouteRate, RuleDocument, RuleError, RulesOutcome, Secret, Status, SystemClock, TimeOfDay,
    TimeZone, Timestamp, Verifier, Watcher, Weekday, config, detect, envelope, event, sink, state, testing,
};
pub use service::GuardService;
pub use status::status_endpoint;
pub use watch::{Cost, Tap};
