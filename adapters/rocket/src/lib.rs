//! Portcullis for Rocket.
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
//! let protect = GuardFairing::new(&guard);
//! let rocket = rocket::build()
//!     .attach(protect.clone())
//!     .mount("/", protect.routes(routes![home]))
//!     .mount("/", protect.clone().policy(strict).inspected(routes![login]))
//!     .mount("/", protect.fallback());
//! # Ok(rocket) }
//! ```
//!
//! # One guard a route
//!
//! [`GuardFairing`] wraps the handler of each route, so that it can really refuse: fairings of Rocket cannot, and request guards can
//! be forgotten. [`GuardFairing::fallback`] guards the paths that match no route, and the fairing gives responses, those of catchers
//! too, the headers of the guard. Without the fairing, and with a guard inside a guard, requests are answered with 500 and a
//! text that says how to mend it: the first test finds it.
//!
//! # Bodies
//!
//! Rocket shows a wrapper 512 bytes of a body; the rest only a data guard can read. So a route that reads more than that
//!
//! - takes its body as [`Inspected`] or [`InspectedStream`], which read it as Rocket's own data guards do and wait for the
//!   guard's verdict, and
//! - is mounted with [`GuardFairing::inspected`].
//!
//! Elsewhere a longer body is refused with 413 and a text that names this fix, unless the route's policy says
//! [`insecure_uninspected_body`](RoutePolicy::insecure_uninspected_body). A route mounted with `inspected` that answers such
//! a body without having read it has its response replaced by 500. An application that takes `Inspected` and attaches no
//! `GuardFairing` does not launch.
//!
//! # Patterns
//!
//! Under `[[route]]`, `pattern` is the path of [`Route::uri`](rocket::Route::uri), with the base it is mounted at and without a
//! query: `/users/<id>`, `/files/<name..>`. [`Guard::unmatched_routes`] lists patterns that no request came by.
//!
//! # Where the client's address comes from
//!
//! From the connection, [`Request::remote`](rocket::Request::remote), never from `Request::client_ip`, which believes a
//! header. Rocket's local client has none: give its requests one with `remote`. Other sources: [`GuardFairing::peer_from`].
//!
//! # What is peculiar to Rocket
//!
//! - A form that begins with `_method=` is a request of that method before anything of the application's runs; the guard
//!   judges the method that is routed.
//! - `HEAD` without a route of its own is routed as `GET`; the guard is told `HEAD`.
//! - A request that one route forwards to the next meets a guard at each. Under the same policy it is judged once. Under
//!   another policy it is judged again, and counted once: limits that both have in common are not charged twice.
//! - Rocket waits for the first 14 bytes of a body before it runs anything, and does so without a time limit. From there on
//!   the guard's applies. Put a proxy with a limit in front, as Rocket recommends.
//! - Whether there is a body that does not say its length, Rocket tells only when it arrives: the guard waits for its first
//!   512 bytes, or its end, before it judges the request.
//! - Header lines that are not UTF-8 are dropped by Rocket: neither the guard nor the handler sees them. Methods that Rocket
//!   does not know are answered with 400 by Rocket itself.
//! - Rocket's [`Shield`](rocket::shield::Shield) sets security headers too. On the responses of guarded routes those of the
//!   guard win.
//!
//! # What is left alone
//!
//! Response bodies are passed through as they are read, and an upgrade is not touched at all; the handshake before it is
//! guarded like any request. For the messages after it, handlers take a [`Handshake`].
//!
//! # The guard in handlers
//!
//! The fairing manages it as state: take `&State<Guard>`.

mod content;
mod csp;
mod fairing;
mod guarded;
mod guards;
mod head;
mod inspected;
mod peek;
mod relay;
mod request_state;
mod respond;
mod status;
mod watch;

pub use content::{Content, Multipart, Part};
pub use csp::csp_report_endpoint;
pub use fairing::GuardFairing;
pub use guards::{Handshake, Principal};
pub use inspected::{Inspected, InspectedError, InspectedStream};
pub use portcullis_runtime::service::*;
pub use status::status_endpoint;
pub use watch::Cost;
