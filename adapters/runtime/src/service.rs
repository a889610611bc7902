//! What a guarded application names: every adapter re-exports it, so that a service depends on its adapter alone.

use std::fmt;

pub use portcullis_core::compat::rules::{RuleDocument, RuleError};
pub use portcullis_core::config::ConfigErrors;
pub use portcullis_core::net::Cidr;
pub use portcullis_core::{
    BodyRule, Bypass, ByteSize, Check, Clock, Config, Country, Credential, CredentialDecision, HookDecision,
    HookResponse, Hours, Peer, PolicyHandle, Rate, RoutePolicy, RouteRate, Timestamp,
};
pub use portcullis_core::{config, event};

pub use crate::{
    AddressTables, AddressTablesBuilder, BanEntry, BanError, BlockReport, Guard, GuardBuilder, Hook,
    HookRequest, ManualClock, MemoryStore, MessageRejection, Messages, Modifier, MutableResponse,
    ReloadError, RulesOutcome, Secret, Status, SystemClock, Verifier, Watcher,
};
pub use crate::{envelope, sink};

/// Who is asking, where the framework keeps what belongs to a request. What stands around the guard and authenticates
/// requests puts it there for rate keys that count by `principal`; without it such a key counts by client. When a verifier
/// says whose a credential is ([`CredentialDecision::AcceptAs`]), the guard puts it there for the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
