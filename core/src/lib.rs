//! The pure engine of Portcullis: it takes a request, state and an instant, and returns a verdict.
//!
//! It performs no I/O, starts no thread, reads no clock, environment or randomness, and knows no framework. The same
//! request, state and instant give the same [`Verdict`], always. If you serve with Axum, Actix Web or Rocket, use the
//! adapter: `portcullis-axum`, `portcullis-actix`, `portcullis-rocket`. Come here
//! to embed the engine elsewhere, to replay traffic, or to read how it decides.
//!
//! # A request is a step machine
//!
//! ```
//! use portcullis_core::state::{model::Model, reduce::reduce};
//! use portcullis_core::{NextStep, Config, Head, Peer, Scratch, Step, Timestamp};
//!
//! let engine = Config::default().compile()?;
//! let (parts, ()) = http::Request::get("/download?file=../../../../etc/passwd").body(()).unwrap().into_parts();
//! let head = Head { peer: Peer::Address([192, 0, 2, 7].into()), ..Head::from(&parts) };
//!
//! let mut scratch = Scratch::new();
//! let Step::State(need) = engine.begin(head, Timestamp::from_millis(0), &mut scratch) else { unreachable!() };
//! // The batch goes to a store: is the client banned, how often did it ask? Here a model of one answers.
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
//! [`Engine::evaluate`] drives all steps for stores that answer at once.
//!
//! # Modules
//!
//! | module | decides |
//! |---|---|
//! | [`config`] | what an operator can say, and how it becomes an [`Engine`] |
//! | [`state`] | what is remembered, and what a store must do |
//! | [`detect`] | whether a value is an attack |
//! | [`net`] | what an address, a network and a set of them are |
//! | [`event`] | what is reported |
//! | [`compat`] | what a document of dynamic rules changes, and for how long |
//! | [`redact`] | what is left out of reports |
//! | [`time`] | what an instant is |
#![no_std]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate alloc;
#[cfg(any(test, fuzzing))]
#[cfg_attr(test, macro_use)]
extern crate std;

mod behaviour;
mod body;
mod check;
pub mod compat;
mod compile;
pub mod config;
pub mod detect;
mod engine;
mod evaluate;
pub mod event;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod net;
mod pattern;
mod request;
mod respond;
mod simd;
pub mod state;
mod text;
pub mod time;
mod verdict;

pub use behaviour::{DeferredContext, ResponseEffects, ResponseInfo};
pub use check::content::BodyFault;
pub use config::policy::{BodyRule, Bypass, Credential, Hours, PolicyHandle, RoutePolicy, RouteRate};
pub use config::{ByteSize, Config, Country, Rate};
pub use engine::Engine;
pub use engine::step::{
    BodyOutcome, CredentialDecision, Feed, HookDecision, HookResponse, NeedBody, NeedHook, NeedPunish,
    NeedState, NeedVerify, NextStep, Step,
};
pub use request::client::Client;
pub use request::facts::{Cloud, Fact, NetworkFacts, NoFacts, RequiredTables};
pub use request::head::{Head, HeaderFields, Peer};
pub use request::redact;
pub use request::scratch::Scratch;
pub use respond::{CspReport, CspReportError, HeaderMode, MAX_CSP_REPORT, ResponseHeaders, parse_csp_report};
pub use state::StateStore;
pub use time::{Clock, Timestamp};
pub use verdict::{
    Check, Coverage, Decision, Denial, Gaps, Outcome, Preflight, RateState, Record, ReferenceId, Rejection,
    Ticket, Verdict,
};
