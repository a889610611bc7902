//! Everything around the Portcullis engine that lives as long as a process.
//!
//! The engine is pure: it names what it needs and never fetches it. This crate holds what a process has one of and the
//! engine must not: the [`Guard`] with its exchangeable engine, a [`clock`], a store in [`memory`] for counters and bans,
//! [`sink`]s for events, and the one loop that drives a request, which every framework adapter calls. It knows no
//! framework. Adapters re-export what their users need.

mod admission;
mod aftermath;
mod ask;
mod bans;
mod blocked;
pub mod clock;
mod drive;
pub mod envelope;
pub mod facts;
mod guard;
pub mod memory;
mod message;
mod modify;
mod operations;
mod own;
mod recent;
mod report;
mod routes;
mod rules;
pub mod service;
pub mod sink;
pub mod status;
mod watch;
mod witness;

pub use admission::{Admission, AppResponse};
pub use aftermath::{AFTERMATH_TASKS, AftermathStats};
pub use ask::{Answering, Asked, Hook, Secret, Verifier};
pub use bans::{BanEntry, BanError, MOST_LISTED};
pub use blocked::{BLOCKED_QUEUE, Blocked};
pub use clock::{ManualClock, SystemClock};
pub use drive::{Answers, BodySource, Checked};
pub use facts::{AddressTables, AddressTablesBuilder};
pub use guard::{CALLBACK_DEADLINE, Guard, GuardBuilder, STORE_DEADLINE};
pub use memory::{MemoryStats, MemoryStore, MemoryStoreBuilder};
pub use message::{MESSAGE_SIZE, MessageRefused, Messages};
pub use modify::{Modified, Modifier, Refusal};
pub use operations::Reloaded;
pub use own::{OwnAnswer, Passed};
pub use portcullis_core::config::ConfigErrors;
pub use portcullis_core::net::Cidr;
pub use portcullis_core::rules::{RuleDocument, RuleError};
pub use portcullis_core::{
    BodyFault, BodyRule, Bypass, ByteSize, Check, Clock, Config, Country, Credential, CspReportError, Denial,
    Engine, Head, Headers, HookAnswer, HookResponse, Hours, MAX_CSP_REPORT, NoFacts, Peer, PolicyHandle,
    Preflight, Put, Rate, ResponseHeaders, RoutePolicy, RouteRate, Served, Ticket, Timestamp, Verified,
};
pub use portcullis_core::{config, event};
pub use report::Handled;
pub use rules::RulesOutcome;
pub use status::Status;
pub use watch::{MOST_CONFIG_BYTES, ReloadError, WATCH_EVERY, Watcher};
pub use witness::Witness;
