//! Events in the kinds and the envelope of the family.
//!
//! Events are values that travel with the verdict. The engine fills in its own fields; ids, instants and response times
//! are added by the driver. Text in events is bounded, escaped and free of secrets.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use crate::detect::{Class, Finding};

/// Bytes of client-controlled text that an event keeps.
pub(crate) const EVENT_TEXT: usize = 256;

/// The event kinds of the family; names as on the wire. Some kinds are produced only by other members of a fleet: this
/// engine has no patterns that are slow, undecodable, added or removed at run time, and no script in a store. It
/// reports an attack as `penetration_attempt` without an additional `pattern_detected`; its checks report `ip_blocked`
/// and `decorator_violation` where the family may report `country_blocked` or an adapter's own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum EventKind {
    /// An attack was found.
    PenetrationAttempt,
    /// An address was rejected by a list or ban.
    IpBlocked,
    /// A client was banned.
    IpBanned,
    /// A ban was due and failed.
    IpBanFailed,
    /// A ban was lifted.
    IpUnbanned,
    /// An address of a cloud provider was rejected.
    CloudBlocked,
    /// A client was rejected because of its country.
    CountryBlocked,
    /// A rule requires a country, and no table of countries is loaded.
    GeoLookupFailed,
    /// A request was redirected to HTTPS.
    HttpsEnforced,
    /// A request violated the policy of its route.
    DecoratorViolation,
    /// The policy of a route denied access; adapters of the family report it in place of a violation.
    AccessDenied,
    /// A credential was rejected; adapters of the family report it in place of a violation.
    AuthenticationFailed,
    /// A body was rejected because of its size or type.
    ContentFiltered,
    /// A client exceeded a behaviour rule.
    BehavioralViolation,
    /// A value matched an attack pattern.
    PatternDetected,
    /// A pattern was added.
    PatternAdded,
    /// A pattern was removed.
    PatternRemoved,
    /// A document of dynamic rules arrived.
    DynamicRuleUpdated,
    /// A document of dynamic rules was applied.
    DynamicRuleApplied,
    /// The limit of a single path was exceeded.
    DynamicRuleViolation,
    /// The emergency mode was activated.
    EmergencyModeActivated,
    /// A client was rejected by the emergency mode.
    EmergencyModeBlock,
    /// A limit was exceeded.
    RateLimited,
    /// The store had dropped its script.
    RateLimitScriptReloaded,
    /// The connection to the store changed.
    RedisConnection,
    /// The store failed or did not reply.
    RedisError,
    /// The policy of a route was not found.
    RouteUnresolved,
    /// A route bypasses all checks.
    SecurityBypass,
    /// A path is excluded from most checks.
    PathExcluded,
    /// Security headers were set.
    SecurityHeadersApplied,
    /// A browser reported a violation of the content security policy.
    CspViolation,
    /// A user agent was rejected.
    UserAgentBlocked,
    /// A hook rejected a request.
    CustomRequestCheck,
    /// An untrusted peer sent a forwarding header.
    SuspiciousRequest,
    /// A value could not be decoded.
    DecodingError,
    /// A detection callback failed.
    DetectionEngineCallbackError,
    /// A pattern took too long.
    PatternAnomalyTimeout,
    /// A pattern took long.
    PatternAnomalySlowExecution,
    /// A pattern took longer than usual.
    PatternAnomalyStatisticalAnomaly,
}

/// Every kind with its name on the wire and its threat score for enriched events.
const KINDS: [(EventKind, &str, u8); 39] = [
    (EventKind::PenetrationAttempt, "penetration_attempt", 90),
    (EventKind::IpBlocked, "ip_blocked", 50),
    (EventKind::IpBanned, "ip_banned", 70),
    (EventKind::IpBanFailed, "ip_ban_failed", 40),
    (EventKind::IpUnbanned, "ip_unbanned", 10),
    (EventKind::CloudBlocked, "cloud_blocked", 50),
    (EventKind::CountryBlocked, "country_blocked", 50),
    (EventKind::GeoLookupFailed, "geo_lookup_failed", 20),
    (EventKind::HttpsEnforced, "https_enforced", 10),
    (EventKind::DecoratorViolation, "decorator_violation", 50),
    (EventKind::AccessDenied, "access_denied", 30),
    (EventKind::AuthenticationFailed, "authentication_failed", 50),
    (EventKind::ContentFiltered, "content_filtered", 40),
    (EventKind::BehavioralViolation, "behavioral_violation", 50),
    (EventKind::PatternDetected, "pattern_detected", 50),
    (EventKind::PatternAdded, "pattern_added", 10),
    (EventKind::PatternRemoved, "pattern_removed", 10),
    (EventKind::DynamicRuleUpdated, "dynamic_rule_updated", 10),
    (EventKind::DynamicRuleApplied, "dynamic_rule_applied", 40),
    (EventKind::DynamicRuleViolation, "dynamic_rule_violation", 50),
    (EventKind::EmergencyModeActivated, "emergency_mode_activated", 60),
    (EventKind::EmergencyModeBlock, "emergency_mode_block", 50),
    (EventKind::RateLimited, "rate_limited", 20),
    (EventKind::RateLimitScriptReloaded, "rate_limit_script_reloaded", 10),
    (EventKind::RedisConnection, "redis_connection", 20),
    (EventKind::RedisError, "redis_error", 40),
    (EventKind::RouteUnresolved, "route_unresolved", 20),
    (EventKind::SecurityBypass, "security_bypass", 30),
    (EventKind::PathExcluded, "path_excluded", 10),
    (EventKind::SecurityHeadersApplied, "security_headers_applied", 10),
    (EventKind::CspViolation, "csp_violation", 40),
    (EventKind::UserAgentBlocked, "user_agent_blocked", 30),
    (EventKind::CustomRequestCheck, "custom_request_check", 40),
    (EventKind::SuspiciousRequest, "suspicious_request", 50),
    (EventKind::DecodingError, "decoding_error", 40),
    (EventKind::DetectionEngineCallbackError, "detection_engine_callback_error", 40),
    (EventKind::PatternAnomalyTimeout, "pattern_anomaly_timeout", 40),
    (EventKind::PatternAnomalySlowExecution, "pattern_anomaly_slow_execution", 40),
    (EventKind::PatternAnomalyStatisticalAnomaly, "pattern_anomaly_statistical_anomaly", 40),
];

impl EventKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter().map(|(kind, _, _)| kind)
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == name).map(|(kind, _, _)| *kind)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// The threat score, 0 to 100.
    #[must_use]
    pub const fn threat_score(self) -> u8 {
        KINDS[self as usize].2
    }

    /// Whether all events of this kind are informational.
    const fn is_informational(self) -> bool {
        use EventKind::{GeoLookupFailed, PathExcluded, SecurityBypass, SuspiciousRequest};
        matches!(self, SuspiciousRequest | SecurityBypass | PathExcluded | GeoLookupFailed)
    }
}

/// The action of the event for a route without detection while detection is enabled. guard-core logs it as a violation;
/// here it is informational.
pub(crate) const DETECTION_DISABLED: &str = "detection_disabled";

/// Whether an event is informational.
pub(crate) fn is_informational(kind: EventKind, action: &str) -> bool {
    kind.is_informational() || action == DETECTION_DISABLED
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindSet(u64);

impl KindSet {
    pub(crate) const fn with(self, kind: EventKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    pub(crate) const fn has(self, kind: EventKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

/// An id that links a rejection to its event and log line: 16 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ReferenceId(pub u64);

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// As [`Display`](fmt::Display), so that the id is found in events and logs.
impl fmt::Debug for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The kind.
    pub kind: EventKind,
    /// The action taken: `request_blocked`, `logged_only`, `banned`, ...
    pub action: &'static str,
    /// The reason, in one line.
    pub reason: String,
    /// The client.
    pub address: Option<IpAddr>,
    /// The client's country, if known.
    pub country: Option<crate::config::Country>,
    /// The user agent, at most 256 bytes.
    pub user_agent: Option<String>,
    /// The canonical path, at most 256 bytes, without the query. If the request spells it in another way, the path as
    /// received is the metadata `raw_path`.
    pub endpoint: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The reporting component: `middleware`, `ip_ban`, `rate_limit`, ...
    pub handler: &'static str,
    /// The rule that matched, for attacks.
    pub pattern: Option<Cow<'static, str>>,
    /// Additional values, by name.
    pub metadata: Vec<(&'static str, MetaValue)>,
    /// The reference id of the rejection; set by the driver.
    pub reference: Option<ReferenceId>,
}

impl Event {
    /// An event without a request: of the driver, or about an address that the operator banned or unbanned.
    #[must_use]
    pub const fn new(kind: EventKind, action: &'static str, handler: &'static str, reason: String) -> Self {
        Self {
            kind,
            action,
            reason,
            address: None,
            country: None,
            user_agent: None,
            endpoint: None,
            method: None,
            handler,
            pattern: None,
            metadata: Vec::new(),
            reference: None,
        }
    }

    /// Add the attack: the rule, and the fields of the finding as metadata. Of the value only the excerpt is included.
    pub fn describe(&mut self, finding: &Finding) {
        self.pattern = Some(finding.rule.clone());
        self.metadata.reserve_exact(14);
        self.metadata.extend([
            ("category", category(finding.class).into()),
            ("class", finding.class.name().into()),
            ("rules", MetaValue::Texts(finding.rules.clone())),
            ("origin", finding.location.name().into()),
            ("view", MetaValue::Text(finding.decodings.text())),
            ("span", MetaValue::Span(finding.span.0, finding.span.1)),
            ("at", MetaValue::Span(finding.at.0, finding.at.1)),
            ("excerpt", finding.excerpt.clone().into()),
        ]);
        if !finding.name.is_empty() {
            self.metadata.push(("name", finding.name.clone().into()));
        }
        if let Some(cwe) = finding.class.cwe() {
            self.metadata.push(("cwe", cwe.into()));
        }
    }

    /// Whether it is informational. Such events are only produced for a [`Head`](crate::Head) with `sample_info_events`.
    #[must_use]
    pub fn is_informational(&self) -> bool {
        is_informational(self.kind, self.action)
    }
}

/// The category of the Guard family; the name of the class where the family has none.
const fn category(class: Class) -> &'static str {
    match class.family_categories() {
        [first, ..] => first,
        [] => class.name(),
    }
}

/// A value in an event's metadata.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MetaValue {
    /// A number.
    Number(i64),
    /// A boolean.
    Bool(bool),
    /// Text.
    Text(Cow<'static, str>),
    /// Several texts.
    Texts(Vec<Cow<'static, str>>),
    /// A range; an array of two numbers on the wire.
    Span(u32, u32),
}

impl From<&'static str> for MetaValue {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for MetaValue {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Vec<String>> for MetaValue {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts.into_iter().map(Cow::Owned).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_kinds_is_in_the_order_of_the_kinds() {
        for (index, kind) in EventKind::all().enumerate() {
            assert_eq!(kind as usize, index, "{}", kind.name());
            assert_eq!(EventKind::named(kind.name()), Some(kind));
        }
    }
}
