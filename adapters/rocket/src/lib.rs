//! Portcullis for Rocket: a fairing that wraps route handlers and checks requests in process.
//!
//! ```no_run
//! use portcullis_rocket::{Config, Guard, Inspected, GuardFairing, Rate, RoutePolicy};
//! use rocket::{get, post, routes};
//!
//! #[get("/")]
//! fn home() -> &'static str { "home" }
//! #[post("/login", data = "<form>")]
//! fn login(form: Inspected<String>) -> &'static str { "welcome" }
//!
//! # fn run() -> Result<rocket::Rocket<rocket::Build>, Box<dyn std::error::Error>> {
//! let guard = Guard::build(Config::from_toml("rate.limit = \"300/min\"")?)?;
//! let strict = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
//! let fairing = GuardFairing::new(&guard);
//! let rocket = rocket::build()
//!     .attach(fairing.clone())
//!     .mount("/", fairing.routes(routes![home]))
//!     .mount("/", fairing.clone().policy(strict).inspected(routes![login]))
//!     .mount("/", fairing.fallback());
//! # Ok(rocket) }
//! ```
//!
//! # One guard per route
//!
//! [`GuardFairing`] wraps the handler of each route, because fairings of Rocket cannot reject requests, and request guards can
//! be left out by mistake. [`GuardFairing::fallback`] guards the paths that match no route. As a fairing, it adds the headers
//! of the guard to responses, including those of catchers. Without the attached fairing, requests get 500, and the log names the
//! fix. A route may be wrapped twice by fairings of one [`Guard`]: the inner one then checks only what its policy adds, and
//! loosens nothing. A route mounted with [`GuardFairing::inspected`] has one guard: around or inside another, it responds with 500,
//! and the log names the fix.
//!
//! # What handlers and fairings can read
//!
//! The request guard [`Admission`] has the client, policy, principal, a finding that was let pass, coverage, rate state and
//! reference id. [`rejection_info`] returns the cause of a rejection: check, status, class, rule and reference id.
//!
//! # Bodies
//!
//! Rocket passes a wrapper the first 512 bytes of a body; only a data guard can read the rest. So a route that reads more
//!
//! - takes its body as [`Inspected`] or [`InspectedStream`], which read it like Rocket's own data guards and wait for the
//!   verdict, and
//! - is mounted with [`GuardFairing::inspected`].
//!
//! On other routes a longer body is rejected with 413 and a text that names this fix, unless the policy of the route sets
//! [`insecure_uninspected_body`](RoutePolicy::insecure_uninspected_body). If a route mounted with `inspected` responds to such
//! a body without reading it, its response is replaced by 500. An application that takes `Inspected` without an attached
//! `GuardFairing` does not launch.
//!
//! # Patterns
//!
//! Under `[[route]]`, `pattern` is the path of [`Route::uri`](rocket::Route::uri), including the base of its mount point and
//! without a query: `/users/<id>`, `/files/<name..>`. [`Guard::unmatched_routes`] lists patterns that matched no request.
//!
//! # The address of the client
//!
//! The guard reads it from the connection, [`Request::remote`](rocket::Request::remote), not from `Request::client_ip`, which
//! trusts a header of every client. Rocket's local client has no address: set `remote` on its requests. For other sources,
//! use [`GuardFairing::peer_from`].
//!
//! # Rocket's own behaviour
//!
//! - Rocket changes the method of a form that begins with `_method=` before fairings and routes run; the guard checks the
//!   method that is routed.
//! - Rocket routes `HEAD` without a route of its own as `GET`; the guard checks it as `HEAD`.
//! - A request that one route forwards to the next passes a guard at each route. Under the same policy it is checked once.
//!   Under another policy it is checked again, but limits that both policies share count it once.
//! - Rocket waits for the first 14 bytes of a body before fairings run, without a time limit. The timeout of the guard applies
//!   after that. Put a proxy with a timeout in front, as Rocket recommends.
//! - Rocket reports a body without a declared length only when it arrives: the guard waits for its first 512 bytes, or its
//!   end, before it checks the request.
//! - Rocket drops header lines that are not UTF-8: neither the guard nor the handler receives them. Rocket itself responds to
//!   unknown methods with 400.
//! - Rocket's [`Shield`](rocket::shield::Shield) sets security headers too. On guarded routes, the headers of the guard replace
//!   them.
//!
//! # What the guard does not change
//!
//! Response bodies are passed on as they are read. A response that switches protocols is not changed; the handshake before it
//! is checked like any request. For the messages after it, handlers take the [`Admission`].
//!
//! # The guard in handlers
//!
//! The fairing adds the guard to Rocket's managed state: handlers take `&State<Guard>`.

mod content;
mod csp;
mod fairing;
mod guards;
mod handler;
mod head;
mod inspected;
mod lifecycle;
mod peek;
mod relay;
mod request_state;
mod respond;
mod routes;
mod status;
mod watch;

pub use content::{Content, Multipart, Part};
pub use csp::csp_report_endpoint;
pub use fairing::GuardFairing;
pub use guards::{Admission, Principal, rejection_info};
pub use inspected::{Inspected, InspectedError, InspectedStream};
pub use portcullis_runtime::service::{
    AddressTables, AddressTablesBuilder, ApplicationCount, Attachments, BanEntry, BanError, BlockReport,
    BodyRule, Bypass, ByteSize, Check, Cidr, Class, Clock, Config, ConfigErrors, Country, Credential,
    CredentialDecision, Guard, GuardBuilder, Hook, HookDecision, HookResponse, Hours, ManualClock,
    MemoryStore, MessageRejection, Messages, Modifier, MutableResponse, Peer, PolicyHandle, Rate, RateKey,
    RateState, RejectionInfo, ReloadError, RequestView, RequiredHeader, RoutePolicy, RouteRate, RuleDocument,
    RuleError, RulesOutcome, Secret, Status, SystemClock, TimeOfDay, TimeZone, Timestamp, Verifier, Watcher,
    Weekday, config, detect, envelope, event, sink, state, testing,
};
pub use status::status_endpoint;
pub use watch::Cost;
