//! The document: its fields, its parsing, and the snapshot of the last one.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::compat::settings::value::{Kind, integer};
use crate::config::node::Node;
use crate::time::Timestamp;

/// Maximum number of entries in one list of a document.
const MAX_ENTRIES: usize = 10_000;
/// The keys of a snapshot: those of a document that concern the engine.
const KEYS: [&str; 24] = [
    "rule_id",
    "version",
    "timestamp",
    "expires_at",
    "ttl",
    "ip_blacklist",
    "ip_whitelist",
    "ip_ban_duration",
    "blocked_countries",
    "whitelist_countries",
    "global_rate_limit",
    "global_rate_window",
    "endpoint_rate_limits",
    "blocked_cloud_providers",
    "blocked_user_agents",
    "suspicious_patterns",
    "enable_penetration_detection",
    "enable_ip_banning",
    "enable_rate_limiting",
    "auto_ban_threshold",
    "auto_ban_duration",
    "enable_rate_limit_auto_ban",
    "emergency_mode",
    "emergency_whitelist",
];

/// A document of dynamic rules; the field names are the family's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleDocument {
    /// The identity that `version` belongs to.
    pub rule_id: String,
    /// For the same identity, only a higher version is applied.
    pub version: i64,
    /// The creation time.
    pub timestamp: Timestamp,
    /// The end of the rules.
    pub expires_at: Option<Timestamp>,
    /// Seconds after which an agent fetches it again.
    pub ttl: i64,
    /// Addresses and networks to ban.
    pub ip_blacklist: Vec<String>,
    /// Addresses and networks to unban.
    pub ip_whitelist: Vec<String>,
    /// Duration of these bans in seconds.
    pub ip_ban_duration: i64,
    /// Replaces `access.deny_countries`, unless empty.
    pub blocked_countries: Vec<String>,
    /// Replaces `access.allow_countries`, unless empty.
    pub whitelist_countries: Vec<String>,
    /// Replaces the number in `rate.limit`.
    pub global_rate_limit: Option<i64>,
    /// Replaces its window, together with `global_rate_limit`.
    pub global_rate_window: Option<i64>,
    /// Replaces `rate.endpoint`, unless empty: path to number and seconds.
    pub endpoint_rate_limits: BTreeMap<String, (i64, i64)>,
    /// Replaces `access.deny_clouds`, unless empty.
    pub blocked_cloud_providers: Vec<String>,
    /// Replaces `access.deny_user_agents`, unless empty.
    pub blocked_user_agents: Vec<String>,
    /// Added to `detect.pattern`.
    pub suspicious_patterns: Vec<String>,
    /// Replaces `detect.enabled`.
    pub enable_penetration_detection: Option<bool>,
    /// Replaces `ban.enabled`.
    pub enable_ip_banning: Option<bool>,
    /// Replaces `rate.enabled`.
    pub enable_rate_limiting: Option<bool>,
    /// Replaces `ban.threshold`; at least 1.
    pub auto_ban_threshold: Option<i64>,
    /// Replaces `ban.duration`, in seconds; at least 1.
    pub auto_ban_duration: Option<i64>,
    /// Replaces `rate.strikes`.
    pub enable_rate_limit_auto_ban: Option<bool>,
    /// Switches the emergency mode on, and halves the ban threshold.
    pub emergency_mode: bool,
    /// Clients that are served in emergency mode.
    pub emergency_whitelist: Vec<String>,
}

/// The document or snapshot is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError(String);

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid rules: {}", self.0)
    }
}

impl core::error::Error for RuleError {}

impl RuleDocument {
    /// A document of this identity without any rules.
    #[must_use]
    pub fn new(rule_id: impl Into<String>, version: i64, timestamp: Timestamp) -> Self {
        Self {
            rule_id: rule_id.into(),
            version,
            timestamp,
            expires_at: None,
            ttl: 300,
            ip_blacklist: Vec::new(),
            ip_whitelist: Vec::new(),
            ip_ban_duration: 3600,
            blocked_countries: Vec::new(),
            whitelist_countries: Vec::new(),
            global_rate_limit: None,
            global_rate_window: None,
            endpoint_rate_limits: BTreeMap::new(),
            blocked_cloud_providers: Vec::new(),
            blocked_user_agents: Vec::new(),
            suspicious_patterns: Vec::new(),
            enable_penetration_detection: None,
            enable_ip_banning: None,
            enable_rate_limiting: None,
            auto_ban_threshold: None,
            auto_ban_duration: None,
            enable_rate_limit_auto_ban: None,
            emergency_mode: false,
            emergency_whitelist: Vec::new(),
        }
    }

    /// Parse a document from the wire: unknown keys are ignored, values coerced as in the family, and `now` is the
    /// default of `timestamp`.
    ///
    /// # Errors
    /// The text is not JSON, the document is empty, or a known key has an invalid value.
    pub fn from_json(text: &str, now: Timestamp) -> Result<Self, RuleError> {
        let node = parse(text)?;
        match &node {
            Node::Table(entries) if entries.is_empty() => Err(RuleError("the document is empty".into())),
            Node::Table(_) => Reader(&node).document(now).map_err(RuleError),
            other => Err(RuleError(format!("expected a table, found {}", other.kind()))),
        }
    }

    /// Parse a snapshot, strictly: only members of the fleet write snapshots.
    ///
    /// # Errors
    /// Another schema, an unknown or missing key, or an invalid value.
    pub fn from_snapshot(text: &str) -> Result<Self, RuleError> {
        let node = parse(text)?;
        let outer = Reader(&node);
        let version = integer(outer.field("schema_version")).map_err(RuleError)?;
        if version != 1 {
            return Err(RuleError(format!("`schema_version`: {version} is not supported; write 1")));
        }
        let Node::Table(entries) = outer.field("rules") else {
            return Err(RuleError("the snapshot has no `rules`".into()));
        };
        if let Some((unknown, _)) = entries.iter().find(|(name, _)| !KEYS.contains(&name.as_str())) {
            return Err(RuleError(format!("`{unknown}` is not a key of a snapshot")));
        }
        let missing = KEYS[..3].iter().find(|key| !entries.iter().any(|(name, _)| name == **key));
        if let Some(missing) = missing {
            return Err(RuleError(format!("`{missing}` is missing")));
        }
        Reader(outer.field("rules")).document(Timestamp::EPOCH).map_err(RuleError)
    }

    /// The snapshot in which members of the family store the last rules.
    #[must_use]
    pub fn to_snapshot(&self) -> String {
        let rules = KEYS.iter().zip(self.values()).map(|(key, value)| (String::from(*key), value)).collect();
        let snapshot = [("schema_version".into(), Node::Int(1)), ("rules".into(), Node::Table(rules))];
        // A tree of text, numbers and lists: serialization does not fail.
        serde_json::to_string(&Node::Table(snapshot.into())).unwrap_or_default()
    }

    /// The values of all keys, in the order of `KEYS`.
    fn values(&self) -> [Node; 24] {
        let texts = |texts: &Vec<String>| Node::List(texts.iter().cloned().map(Node::Text).collect());
        let number = |number: Option<i64>| number.map_or(Node::Null, Node::Int);
        let switch = |switch: Option<bool>| switch.map_or(Node::Null, Node::Bool);
        let endpoints = self.endpoint_rate_limits.iter().map(|(path, (limit, window))| {
            (path.clone(), Node::List([Node::Int(*limit), Node::Int(*window)].into()))
        });
        [
            Node::Text(self.rule_id.clone()),
            Node::Int(self.version),
            Node::Text(format_instant(self.timestamp)),
            self.expires_at.map_or(Node::Null, |at| Node::Text(format_instant(at))),
            Node::Int(self.ttl),
            texts(&self.ip_blacklist),
            texts(&self.ip_whitelist),
            Node::Int(self.ip_ban_duration),
            texts(&self.blocked_countries),
            texts(&self.whitelist_countries),
            number(self.global_rate_limit),
            number(self.global_rate_window),
            Node::Table(endpoints.collect()),
            texts(&self.blocked_cloud_providers),
            texts(&self.blocked_user_agents),
            texts(&self.suspicious_patterns),
            switch(self.enable_penetration_detection),
            switch(self.enable_ip_banning),
            switch(self.enable_rate_limiting),
            number(self.auto_ban_threshold),
            number(self.auto_ban_duration),
            switch(self.enable_rate_limit_auto_ban),
            Node::Bool(self.emergency_mode),
            texts(&self.emergency_whitelist),
        ]
    }
}

fn parse(text: &str) -> Result<Node, RuleError> {
    serde_json::from_str(text).map_err(|error| RuleError(format!("not JSON: {error}")))
}

/// Reads fields of a table by type; an absent field has its default, `null` is accepted only for optional fields.
struct Reader<'n>(&'n Node);

impl<'n> Reader<'n> {
    fn find(&self, name: &str) -> Option<&'n Node> {
        let Node::Table(entries) = self.0 else { return None };
        entries.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    fn field(&self, name: &str) -> &'n Node {
        self.find(name).unwrap_or(&Node::Null)
    }

    fn coerced(&self, name: &str, kind: &Kind) -> Result<Option<Node>, String> {
        let node = self.find(name).map(|node| kind.coerce(node));
        node.transpose().map_err(|problem| format!("`{name}`: {problem}"))
    }

    fn text(&self, name: &str, default: &str) -> Result<String, String> {
        Ok(match self.coerced(name, &Kind::Text)? {
            Some(Node::Text(text)) => text,
            _ => default.into(),
        })
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let Some(Node::List(nodes)) = self.coerced(name, &Kind::Texts)? else { return Ok(Vec::new()) };
        if nodes.len() > MAX_ENTRIES {
            return Err(format!("`{name}` has {} entries; at most {MAX_ENTRIES} fit", nodes.len()));
        }
        let text = |node| if let Node::Text(text) = node { Some(text) } else { None };
        Ok(nodes.into_iter().filter_map(text).collect())
    }

    fn number(&self, name: &str, default: i64) -> Result<i64, String> {
        Ok(match self.coerced(name, &Kind::Int(i64::MIN, i64::MAX))? {
            Some(Node::Int(number)) => number,
            _ => default,
        })
    }

    fn optional_number(&self, name: &str, min: i64) -> Result<Option<i64>, String> {
        let number = self.coerced(name, &Kind::MaybeInt(min, i64::MAX))?;
        Ok(if let Some(Node::Int(number)) = number { Some(number) } else { None })
    }

    fn switch(&self, name: &str, kind: &Kind) -> Result<Option<bool>, String> {
        let switch = self.coerced(name, kind)?;
        Ok(if let Some(Node::Bool(switch)) = switch { Some(switch) } else { None })
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>, String> {
        match self.field(name) {
            Node::Null => Ok(None),
            node => instant(node).map(Some).ok_or_else(|| format!("`{name}`: expected a date and time")),
        }
    }

    fn endpoints(&self) -> Result<BTreeMap<String, (i64, i64)>, String> {
        let name = "endpoint_rate_limits";
        let Some(Node::Table(entries)) = self.coerced(name, &Kind::Map)? else { return Ok(BTreeMap::new()) };
        if entries.len() > MAX_ENTRIES {
            return Err(format!("`{name}` has {} entries; at most {MAX_ENTRIES} fit", entries.len()));
        }
        let pair = |(path, node): (String, Node)| {
            let numbers = match &node {
                Node::List(nodes) => nodes.iter().map(integer).collect::<Result<Vec<i64>, _>>(),
                _ => Ok(Vec::new()),
            };
            match numbers.as_deref() {
                Ok([limit, window]) => Ok((path, (*limit, *window))),
                _ => Err(format!("`{name}`: `{path}` needs a limit and a window in seconds")),
            }
        };
        entries.into_iter().map(pair).collect()
    }

    fn document(&self, now: Timestamp) -> Result<RuleDocument, String> {
        if *self.field("timestamp") == Node::Null && self.find("timestamp").is_some() {
            return Err("`timestamp`: expected a date and time".into());
        }
        let optional_bool = |name| self.switch(name, &Kind::MaybeBool);
        Ok(RuleDocument {
            rule_id: self.text("rule_id", "default-rule")?,
            version: self.number("version", 1)?,
            timestamp: self.instant("timestamp")?.unwrap_or(now),
            expires_at: self.instant("expires_at")?,
            ttl: self.number("ttl", 300)?,
            ip_blacklist: self.texts("ip_blacklist")?,
            ip_whitelist: self.texts("ip_whitelist")?,
            ip_ban_duration: self.number("ip_ban_duration", 3600)?,
            blocked_countries: self.texts("blocked_countries")?,
            whitelist_countries: self.texts("whitelist_countries")?,
            global_rate_limit: self.optional_number("global_rate_limit", i64::MIN)?,
            global_rate_window: self.optional_number("global_rate_window", i64::MIN)?,
            endpoint_rate_limits: self.endpoints()?,
            blocked_cloud_providers: self.texts("blocked_cloud_providers")?,
            blocked_user_agents: self.texts("blocked_user_agents")?,
            suspicious_patterns: self.texts("suspicious_patterns")?,
            enable_penetration_detection: optional_bool("enable_penetration_detection")?,
            enable_ip_banning: optional_bool("enable_ip_banning")?,
            enable_rate_limiting: optional_bool("enable_rate_limiting")?,
            auto_ban_threshold: self.optional_number("auto_ban_threshold", 1)?,
            auto_ban_duration: self.optional_number("auto_ban_duration", 1)?,
            enable_rate_limit_auto_ban: optional_bool("enable_rate_limit_auto_ban")?,
            emergency_mode: self.switch("emergency_mode", &Kind::Bool)?.unwrap_or(false),
            emergency_whitelist: self.texts("emergency_whitelist")?,
        })
    }
}

/// An instant in the family's formats: text with a `T` or a blank, with an offset or, without one, in UTC; or seconds
/// since the epoch.
fn instant(node: &Node) -> Option<Timestamp> {
    let millis = match node {
        Node::Text(text) => {
            let zoned = text.trim().parse::<jiff::Timestamp>();
            let naive =
                || text.trim().parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
            zoned.ok().or_else(|| naive().map(|zoned| zoned.timestamp()))?.as_millisecond()
        }
        Node::Int(seconds) => seconds.checked_mul(1000)?,
        Node::Float(seconds) if seconds.is_finite() => (seconds * 1000.0) as i64,
        _ => return None,
    };
    u64::try_from(millis).ok().map(Timestamp::from_millis)
}

/// An instant in the family's snapshot format: microseconds only when there are any.
fn format_instant(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let Ok(instant) = jiff::Timestamp::from_millisecond(millis) else {
        return jiff::Timestamp::MAX.to_string();
    };
    if at.as_millis().is_multiple_of(1000) { format!("{instant}") } else { format!("{instant:.6}") }
}
