//! The runtime of the Portcullis engine: the parts that live as long as a process.
//!
//! The engine does no I/O and reads no clock: it returns requests for them. This crate serves these requests: the
//! [`Guard`], whose engine a reload replaces, a [`clock`], a store in [`memory`] for counters and bans, [`sink`]s for
//! events, and the one loop that drives a request, which every framework adapter calls. The crate depends on no web
//! framework. Adapters re-export what their users need.

mod callbacks;
pub mod clock;
pub mod facts;
mod guard;
pub mod memory;
mod operate;
mod request;
pub mod service;
mod telemetry;
pub mod testing;

pub use callbacks::block_report::{BLOCKED_QUEUE, BlockReport};
pub use callbacks::hook::{Attachments, BoxFuture, Hook, RequestView, Secret, Verifier};
pub use callbacks::modify::{Modifier, MutableResponse, RejectionParts};
pub use clock::{ManualClock, SystemClock};
pub use facts::{AddressTables, AddressTablesBuilder};
pub use guard::Guard;
pub use guard::body_memory::MAX_BODY_MEMORY;
pub use guard::builder::{CALLBACK_DEADLINE, GuardBuilder, STORE_DEADLINE};
pub use guard::counters::ReloadOutcome;
pub use guard::deferred_writes::{DeferredWriteStats, MAX_DEFERRED_TASKS};
pub use memory::{MemoryStats, MemoryStore, MemoryStoreBuilder};
pub use operate::bans::{BanEntry, BanError, MAX_LISTED};
pub use operate::count::ApplicationCount;
pub use operate::rules::RulesOutcome;
pub use operate::status;
pub use operate::status::Status;
pub use operate::watch::{MAX_CONFIG_BYTES, ReloadError, WATCH_EVERY, Watcher};
pub use portcullis_core::compat::rules::{RuleDocument, RuleError};
pub use portcullis_core::config::ConfigErrors;
pub use portcullis_core::detect::Class;
pub use portcullis_core::net::Cidr;
pub use portcullis_core::{
    BodyFault, BodyRule, Bypass, ByteSize, Check, Clock, Config, Country, Credential, CredentialDecision,
    CspReportError, Denial, Engine, Head, HeaderFields, HeaderMode, HookDecision, HookResponse, Hours,
    MAX_CSP_REPORT, NoFacts, Peer, PolicyHandle, Preflight, Rate, RateKey, RateState, ResponseHeaders,
    ResponseInfo, RoutePolicy, RouteRate, Ticket, TimeOfDay, TimeZone, Timestamp, Weekday,
};
pub use portcullis_core::{config, detect, event};
pub use request::admission::Admission;
pub use request::arrival::{AdmittedRequest, Arrival};
pub use request::drive::{BodySource, Start, StoreReplies};
pub use request::exchange::Exchange;
pub use request::message::{MESSAGE_SIZE, MessageRejection, Messages};
pub use request::observer::{AppResponse, ResponseObserver};
pub use request::report::ResponseMeta;
pub use request::response::{GuardResponse, RejectionInfo};
pub use telemetry::{envelope, sink};
