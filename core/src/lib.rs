//! The pure engine of Portcullis: a function of a request, state and an instant to a verdict.
//!
//! It performs no I/O, starts no thread, reads no clock, environment or randomness, and depends on no framework. The
//! same request, state and instant always give the same [`Verdict`]. To protect an Axum, Actix Web or Rocket service,
//! use `portcullis-axum`, `portcullis-actix` or `portcullis-rocket`. Use this crate to embed the engine elsewhere, to
//! replay traffic, or to read how it decides.
//!
//! # A request is a step machine
//!
//! The engine returns what it needs next, and the caller supplies it: the replies of a store, the body, the decision of the
//! application. Each step consumes the one before.
//!
//! ```
//! use portcullis_core::state::{model::Model, reduce::reduce};
//! use portcullis_core::{
//!     Config, CredentialDecision, Head, HookDecision, NextStep, Peer, RequestSlot, Scratch, Step, Timestamp,
//! };
//!
//! let engine = Config::default().compile()?;
//! let headers = vec![("host", "shop.example")];
//! let head = Head::new("GET", "/download", &headers)
//!     .query("file=../../../../etc/passwd")
//!     .peer(Peer::Address([192, 0, 2, 7].into()));
//!
//! // The model is the specification of a store; use `MemoryStore` of `portcullis-runtime`.
//! let mut store = Model::default();
//! let (mut scratch, mut slot) = (Scratch::new(), RequestSlot::new());
//! let mut step = match engine.begin(head, Timestamp::from_millis(0), &mut scratch, &mut slot) {
//!     Step::Done(done) => NextStep::Done(done),
//!     Step::Continue(next) => next,
//!     Step::State(need) => {
//!         let replies = reduce(&mut store, need.batch());
//!         need.resume(Ok(replies))
//!     }
//! };
//! let verdict = loop {
//!     step = match step {
//!         NextStep::Done(done) => break done.into_verdict(),
//!         NextStep::Punish(need) => {
//!             let replies = reduce(&mut store, need.batch());
//!             break need.resume(Ok(replies));
//!         }
//!         NextStep::Body(need) => need.finish().next, // This request has none; push the chunks before.
//!         NextStep::Verify(need) => need.resume(CredentialDecision::Fail),
//!         NextStep::Hook(need) => need.resume(HookDecision::Fail),
//!     };
//! };
//! assert_eq!(verdict.status(), Some(400));
//! assert_eq!(verdict.finding.unwrap().class.name(), "path_traversal");
//! # Ok::<(), portcullis_core::config::ConfigErrors>(())
//! ```
//!
//! [`Engine::drive`] is this loop for a [`Driver`] of your own, and [`Engine::evaluate`] for stores that reply at once.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`config`] | the configuration, and its compilation into an [`Engine`] |
//! | [`state`] | counters and bans, and the contract of a store |
//! | [`detect`] | attack detection in values |
//! | [`net`] | addresses, networks and sets of them |
//! | [`event`] | events |
//! | [`compat`] | compatibility with the Guard family: its configuration, dynamic rules |
//! | [`redact`] | masking of secrets in reports |
//! | [`time`] | instants, and the `Clock` trait |
#![no_std]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate alloc;
#[cfg(any(test, fuzzing))]
#[cfg_attr(test, macro_use)]
extern crate std;

mod behaviour;
mod body;
mod budget;
mod check;
mod checks;
mod client;
pub mod compat;
mod compile;
pub mod config;
pub mod detect;
mod engine;
mod evaluate;
pub mod event;
#[cfg(fuzzing)]
pub mod fuzzing;
mod host;
pub mod net;
mod pattern;
pub mod redact;
mod request;
mod respond;
mod rules;
mod simd;
pub mod state;
mod text;
pub mod time;
mod verdict;

pub use body::gaps::Gaps;
pub use checks::Check;
pub use client::Client;
pub use config::policy::{
    BodyRule, Bypass, Credential, Hours, PolicyHandle, RequiredHeader, RoutePolicy, RouteRate, TimeOfDay,
    TimeZone, Weekday,
};
pub use config::{ByteSize, Config, Country, Rate, RateKey};
pub use engine::Engine;
pub use engine::detached::{Detach, DetachedInspection, InspectionReport, NeedInspection};
pub use engine::drive::Driver;
pub use engine::observe::{DeferredContext, ResponseEffects, ResponseInfo};
pub use engine::order::order_table;
pub use engine::step::{
    BodyOutcome, Conclusion, Feed, NeedBody, NeedHook, NeedPunish, NeedState, NeedVerify, NextStep, Step,
};
pub use event::ReferenceId;
pub use request::context::RequestSlot;
pub use request::decision::{BodyFault, CredentialDecision, HookDecision, HookResponse};
pub use request::facts::{Cloud, Fact, NetworkFacts, NoFacts, RequiredTables};
pub use request::head::{Head, HeaderFields, Peer};
pub use request::scratch::Scratch;
pub use respond::{CspReport, CspReportError, HeaderMode, MAX_CSP_REPORT, ResponseHeaders, parse_csp_report};
pub use state::StateStore;
pub use time::{Clock, Timestamp};
pub use verdict::{
    Coverage, Decision, Denial, Outcome, Preflight, RateState, Record, Rejection, Ticket, Verdict,
};
