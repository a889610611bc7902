//! The pure engine of Portcullis: a function of a request, state and an instant to a verdict.
//!
//! It performs no I/O, starts no thread, reads no clock, environment or randomness, and depends on no framework. The
//! same request, state and instant always give the same [`Verdict`]. To protect an Axum, Actix Web or Rocket service,
//! use `portcullis-axum`, `portcullis-actix` or `portcullis-rocket`. Use this crate to embed the engine elsewhere, to
//! replay traffic, or to read how it decides.
//!
//! # A request is a step machine
//!
//! ```
//! use portcullis_core::state::{model::Model, reduce::reduce};
//! use portcullis_core::{NextStep, Config, Head, Peer, RequestSlot, Scratch, Step, Timestamp};
//!
//! let engine = Config::default().compile()?;
//! let (parts, ()) = http::Request::get("/download?file=../../../../etc/passwd").body(()).unwrap().into_parts();
//! let head = Head::from(&parts).peer(Peer::Address([192, 0, 2, 7].into()));
//!
//! let (mut scratch, mut slot) = (Scratch::new(), RequestSlot::new());
//! let Step::State(need) = engine.begin(head, Timestamp::from_millis(0), &mut scratch, &mut slot) else { unreachable!() };
//! // The batch goes to a store, which looks up bans and counts the request. Here it is the model.
//! let mut store = Model::default();
//! let replies = reduce(&mut store, need.batch());
//! let NextStep::Punish(attack) = need.resume(Ok(replies)) else { panic!("an attack") };
//! let replies = reduce(&mut store, attack.batch());
//! let verdict = attack.resume(Ok(replies));
//! assert_eq!(verdict.status(), Some(400));
//! assert_eq!(verdict.finding.unwrap().class.name(), "path_traversal");
//! # Ok::<(), portcullis_core::config::ConfigErrors>(())
//! ```
//!
//! [`Engine::evaluate`] drives all steps for synchronous stores.
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
    BodyRule, Bypass, Credential, Hours, PolicyHandle, RequiredHeader, RoutePolicy, RouteRate,
};
pub use config::{ByteSize, Config, Country, Rate};
pub use engine::Engine;
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
