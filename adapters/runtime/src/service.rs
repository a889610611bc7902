//! The items that a guarded application uses. Every adapter re-exports them, so that a service depends only on its adapter.

use std::fmt;

pub use portcullis_core::compat::rules::{RuleDocument, RuleError};
pub use portcullis_core::config::ConfigErrors;
pub use portcullis_core::detect::Class;
pub use portcullis_core::net::Cidr;
pub use portcullis_core::{
    BodyRule, Bypass, ByteSize, Check, Clock, Config, Country, Credential, CredentialDecision, HookDecision,
    HookResponse, Hours, Peer, PolicyHandle, Rate, RateKey, RateState, RequiredHeader, RoutePolicy,
    RouteRate, TimeOfDay, TimeZone, Timestamp, Weekday,
};
pub use portcullis_core::{config, detect, event, state};

pub use crate::{
    AddressTables, AddressTablesBuilder, Admission, ApplicationCount, Attachments, BanEntry, BanError,
    BlockReport, Guard, GuardBuilder, Hook, ManualClock, MemoryStore, MessageRejection, Messages, Modifier,
    MutableResponse, RejectionInfo, ReloadError, RequestView, RulesOutcome, Secret, Status, SystemClock,
    Verifier, Watcher,
};
pub use crate::{envelope, sink, testing};

/// The authenticated principal of a request, in the framework's request extensions. A layer around the guard that
/// authenticates requests inserts it for rate keys with `principal`; without it such a key counts by client. The principal that
/// a verifier of the guard returns is in the [`Admission`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
