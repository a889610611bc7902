//! What happened, in the vocabulary and envelope of the family.
//!
//! Events are values that travel with the verdict. The engine fills in what it knows; ids, instants and response times
//! are the driver's. Text in events is bounded, escaped and free of secrets.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::verdict::Reference;

/// The kinds of event this engine emits; names as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// An attack was found.
    PenetrationAttempt,
    /// A listed or banned address was refused.
    IpBlocked,
    /// A client was banned.
    IpBanned,
    /// A ban was due and could not be applied.
    IpBanFailed,
    /// A ban was lifted.
    IpUnbanned,
    /// A policy of a route was violated.
    DecoratorViolation,
    /// A limit was exceeded.
    RateLimited,
    /// The limit of a single path was exceeded.
    DynamicRuleViolation,
    /// A size or type was refused.
    ContentFiltered,
    /// The policy of a route could not be found.
    RouteUnresolved,
    /// A hook refused.
    CustomRequestCheck,
    /// A forwarding header was sent by somebody who may not.
    SuspiciousRequest,
    /// The store did not answer.
    RedisError,
}

impl EventKind {
    /// Whether it only informs, and is produced only where [`Head::notices`](crate::Head::notices) asks for it.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        matches!(self, Self::SuspiciousRequest)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PenetrationAttempt => "penetration_attempt",
            Self::IpBlocked => "ip_blocked",
            Self::IpBanned => "ip_banned",
            Self::IpBanFailed => "ip_ban_failed",
            Self::IpUnbanned => "ip_unbanned",
            Self::DecoratorViolation => "decorator_violation",
            Self::RateLimited => "rate_limited",
            Self::DynamicRuleViolation => "dynamic_rule_violation",
            Self::ContentFiltered => "content_filtered",
            Self::RouteUnresolved => "route_unresolved",
            Self::CustomRequestCheck => "custom_request_check",
            Self::SuspiciousRequest => "suspicious_request",
            Self::RedisError => "redis_error",
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// What kind.
    pub kind: EventKind,
    /// What was done: `request_blocked`, `logged_only`, `banned`, ...
    pub action: &'static str,
    /// Why, in one line.
    pub reason: String,
    /// The client.
    pub address: Option<IpAddr>,
    /// The client's country, where known.
    pub country: Option<[u8; 2]>,
    /// The user agent, at most 256 bytes.
    pub user_agent: Option<String>,
    /// The path, at most 256 bytes, without the query.
    pub endpoint: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The component that speaks: `middleware`, `ip_ban`, `rate_limit`, ...
    pub handler: &'static str,
    /// The rule that matched, for attacks.
    pub pattern: Option<String>,
    /// More, by name.
    pub metadata: Vec<(&'static str, MetaValue)>,
    /// The id of the refusal this belongs to; filled in by the driver.
    pub reference: Option<Reference>,
}

/// A value in an event's metadata.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MetaValue {
    /// A number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
}

impl From<&str> for MetaValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for MetaValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for MetaValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for MetaValue {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for MetaValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
