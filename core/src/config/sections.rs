//! The sections about requests: names, meanings, defaults.

use alloc::string::String;
use alloc::vec::Vec;

use super::leaf::{ByteSize, Choice, Rate, Span};
use super::pattern::Pattern;
use super::read::{Fields, Section};
use crate::net::Cidr;

/// `[client]`: whose request this is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Client {
    /// Peers whose forwarding header is believed: addresses, networks, or `unix` for a connection without an address.
    /// Default: none.
    pub trusted_proxies: Vec<String>,
    /// Which entry of the forwarded chain is the client, counted from the right; 1 to 16. Default: 1.
    pub proxy_depth: u8,
    /// The one header that is read: `x-forwarded-for`, `forwarded`, `x-real-ip` or a CDN's. Default: `x-forwarded-for`.
    pub header: String,
    /// Let a trusted peer's `X-Forwarded-Proto` (or `proto=` of `Forwarded`) say that the client used HTTPS.
    /// Default: false.
    pub trust_proto: bool,
    /// How many bits of an IPv6 address are one client; 32 to 128. Default: 64.
    pub ipv6_prefix: u8,
    /// What to do with a client that has no address. Default: `deny`.
    pub on_unknown: Unknown,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            proxy_depth: 1,
            header: "x-forwarded-for".into(),
            trust_proto: false,
            ipv6_prefix: 64,
            on_unknown: Unknown::Deny,
        }
    }
}

impl Section for Client {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("trusted_proxies", &mut self.trusted_proxies);
        fields.leaf("proxy_depth", &mut self.proxy_depth);
        fields.leaf("header", &mut self.header);
        fields.leaf("trust_proto", &mut self.trust_proto);
        fields.leaf("ipv6_prefix", &mut self.ipv6_prefix);
        fields.leaf("on_unknown", &mut self.on_unknown);
    }
}

/// What to do with a client that has no address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// Refuse it with 403.
    #[default]
    Deny,
    /// Serve it; all such clients share one set of counters, and none is ever banned.
    Allow,
}

impl Choice for Unknown {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

/// `[access]`: lists of addresses and networks.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Access {
    /// When not empty, only these may ask; they are not banned, limited or inspected. Default: empty.
    pub allow: Vec<Cidr>,
    /// Refused. Not consulted when `allow` is not empty. Default: empty.
    pub deny: Vec<Cidr>,
    /// Not limited, but inspected and bannable. Default: empty.
    pub exempt: Vec<Cidr>,
}

impl Section for Access {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("allow", &mut self.allow);
        fields.leaf("deny", &mut self.deny);
        fields.leaf("exempt", &mut self.exempt);
    }
}

/// `[rate]`: how often one client may ask.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Whether any limit acts, those of routes included. Default: true.
    pub enabled: bool,
    /// All paths together. Default: `600/min`; null for none.
    pub limit: Option<Rate>,
    /// What is counted, for `limit`: `client`, `header:NAME`, `cookie:NAME`, `principal`, or several together.
    /// A request without the header, cookie or principal, or with two values of it, is counted by client instead.
    /// Default: `["client"]`.
    pub key: Vec<String>,
    /// Limits of single paths.
    pub endpoint: Vec<EndpointRate>,
    /// When responses carry `RateLimit` and `RateLimit-Policy`. Default: `denied`.
    pub fields: RateFields,
    /// What a limit means while the store does not answer. Default: `local`.
    pub on_unavailable: OnUnavailable,
    /// Count refusals by a limit toward a ban. Default: false.
    pub strikes: bool,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            enabled: true,
            limit: Some(Rate::per_minute(600)),
            key: alloc::vec!["client".into()],
            endpoint: Vec::new(),
            fields: RateFields::Denied,
            on_unavailable: OnUnavailable::Local,
            strikes: false,
        }
    }
}

impl Section for Rates {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("enabled", &mut self.enabled);
        fields.leaf("limit", &mut self.limit);
        fields.leaf("key", &mut self.key);
        fields.sections("endpoint", &mut self.endpoint);
        fields.leaf("fields", &mut self.fields);
        fields.leaf("on_unavailable", &mut self.on_unavailable);
        fields.leaf("strikes", &mut self.strikes);
    }
}

/// `[[rate.endpoint]]`: the limit of one exact path.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EndpointRate {
    /// The path, such as `/login`. Compared exactly.
    pub path: String,
    /// Methods that count; empty for all. `HEAD` counts with `GET`. Default: empty.
    pub methods: Vec<String>,
    /// The limit.
    pub limit: Rate,
    /// What is counted; as `rate.key`. Default: `["client"]`.
    pub key: Vec<String>,
}

impl EndpointRate {
    /// So many requests of one client to `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, limit: Rate) -> Self {
        Self { path: path.into(), methods: Vec::new(), limit, key: alloc::vec!["client".into()] }
    }
}

impl Default for EndpointRate {
    fn default() -> Self {
        Self::new("", Rate::per_minute(60))
    }
}

impl Section for EndpointRate {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("path", &mut self.path);
        fields.leaf("methods", &mut self.methods);
        fields.leaf("limit", &mut self.limit);
        fields.leaf("key", &mut self.key);
    }
}

/// When responses carry the fields of draft-ietf-httpapi-ratelimit-headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateFields {
    /// On every response to a limited request.
    Always,
    /// On 429 only.
    #[default]
    Denied,
    /// Never.
    Never,
}

impl Choice for RateFields {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("always", Self::Always), ("denied", Self::Denied), ("never", Self::Never)];
}

/// What a rule means for a request while the store does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnUnavailable {
    /// The request passes this rule.
    Allow,
    /// The process counts on its own until the store is back.
    #[default]
    Local,
    /// The request is answered 503 with `Retry-After`.
    Deny,
}

impl Choice for OnUnavailable {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("local", Self::Local), ("deny", Self::Deny)];
}

/// `[ban]`: what attacks cost a client.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ban {
    /// Whether attacks lead to bans. Bans in force, and bans by hand, act in any case. Default: true.
    pub enabled: bool,
    /// Attacks within `window` that ban; at least 1. Default: 10.
    pub threshold: u32,
    /// How long an attack is remembered; 1s to 31d. Default: 10min.
    pub window: Span,
    /// How long a ban lasts; 1s to 366d. Default: 1h.
    pub duration: Span,
    /// Thresholds of single classes, tried before `threshold`.
    pub class: Vec<ClassBan>,
    /// What a ban look-up means while the store does not answer. Default: `local`.
    pub on_unavailable: OnUnavailable,
}

impl Default for Ban {
    fn default() -> Self {
        Self {
            enabled: true,
            threshold: 10,
            window: Span(core::time::Duration::from_secs(600)),
            duration: Span(core::time::Duration::from_secs(3600)),
            class: Vec::new(),
            on_unavailable: OnUnavailable::Local,
        }
    }
}

impl Section for Ban {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("enabled", &mut self.enabled);
        fields.leaf("threshold", &mut self.threshold);
        fields.leaf("window", &mut self.window);
        fields.leaf("duration", &mut self.duration);
        fields.sections("class", &mut self.class);
        fields.leaf("on_unavailable", &mut self.on_unavailable);
    }
}

/// `[[ban.class]]`: what attacks of one class cost.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ClassBan {
    /// The class, such as `sqli`, or `rate_limit` for refusals by a limit.
    pub class: String,
    /// Attacks of the class within `ban.window` that ban; at least 1.
    pub threshold: u32,
    /// How long that ban lasts.
    pub duration: Span,
}

impl ClassBan {
    /// Ban after so many attacks of `class`.
    #[must_use]
    pub fn new(class: impl Into<String>, threshold: u32, duration: core::time::Duration) -> Self {
        Self { class: class.into(), threshold, duration: Span(duration) }
    }
}

impl Default for ClassBan {
    fn default() -> Self {
        Self::new("", 1, core::time::Duration::from_secs(3600))
    }
}

impl Section for ClassBan {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("class", &mut self.class);
        fields.leaf("threshold", &mut self.threshold);
        fields.leaf("duration", &mut self.duration);
    }
}

/// `[detect]`: which attacks are looked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Detect {
    /// Whether requests are inspected at all. Default: true.
    pub enabled: bool,
    /// Classes looked for. Default: all.
    pub classes: Vec<String>,
    /// The score that makes a value an attack, 0.5 to 10: less finds more and is wrong more often. Default: 1.0.
    pub threshold: f32,
    /// Patterns of your own.
    pub pattern: Vec<Pattern>,
    /// Classes, rules and patterns that are reported and refuse nothing, to try them on real traffic.
    pub shadow: Vec<String>,
    /// Where a class or rule does not apply.
    pub exclude: Vec<Exclude>,
    /// Names whose values never stand in an excerpt, in addition to the built-in ones: whatever holds `passw`, `token`,
    /// `secret` or `sess`, and more.
    pub sensitive: Vec<String>,
    /// What to do when a body could not be inspected entirely. Default: `deny`.
    pub on_incomplete: Incomplete,
}

impl Default for Detect {
    fn default() -> Self {
        Self {
            enabled: true,
            classes: crate::detect::Class::ALL.iter().map(|class| class.name().into()).collect(),
            threshold: f32::from(crate::detect::THRESHOLD) / 100.0,
            pattern: Vec::new(),
            shadow: Vec::new(),
            exclude: Vec::new(),
            sensitive: Vec::new(),
            on_incomplete: Incomplete::Deny,
        }
    }
}

impl Section for Detect {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("enabled", &mut self.enabled);
        fields.leaf("classes", &mut self.classes);
        fields.leaf("threshold", &mut self.threshold);
        fields.sections("pattern", &mut self.pattern);
        fields.leaf("shadow", &mut self.shadow);
        fields.sections("exclude", &mut self.exclude);
        fields.leaf("sensitive", &mut self.sensitive);
        fields.leaf("on_incomplete", &mut self.on_incomplete);
    }
}

/// What to do when a body could not be inspected entirely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Incomplete {
    /// Refuse it: 413 when it is too long, 415 when its encoding or charset is not understood.
    #[default]
    Deny,
    /// Let it pass; the verdict and the metrics say what was not seen.
    Allow,
}

impl Choice for Incomplete {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

/// `[[detect.exclude]]`: a place where a class or rule does not apply. All given fields must match; at least one of
/// `query`, `header`, `cookie`, `field` and `path`, or a class or rule, must be given.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Exclude {
    /// The path and everything below it, such as `/admin/cms`. A request whose path can be read in two ways (escapes,
    /// dots, empty segments) never matches.
    pub path: Option<String>,
    /// The name of a query parameter.
    pub query: Option<String>,
    /// The name of a header.
    pub header: Option<String>,
    /// The name of a cookie.
    pub cookie: Option<String>,
    /// The name of a form field or a JSON key.
    pub field: Option<String>,
    /// A class.
    pub class: Option<String>,
    /// The id of a rule.
    pub rule: Option<String>,
}

impl Section for Exclude {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("path", &mut self.path);
        fields.leaf("query", &mut self.query);
        fields.leaf("header", &mut self.header);
        fields.leaf("cookie", &mut self.cookie);
        fields.leaf("field", &mut self.field);
        fields.leaf("class", &mut self.class);
        fields.leaf("rule", &mut self.rule);
    }
}

/// `[body]`: which bodies are read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Body {
    /// Whether bodies are read and inspected before the handler runs. Default: true.
    pub inspect: bool,
    /// The longest body that is read for inspection, 1KiB to 1GiB; a longer one is refused with 413, or passes uninspected
    /// beyond this when `detect.on_incomplete` is `allow`. Bodies that are not inspected are not measured. Default: 1MiB.
    pub limit: ByteSize,
    /// How long a client may take to send it; 10ms to 5min. Default: 10s.
    pub timeout: Span,
}

impl Default for Body {
    fn default() -> Self {
        Self { inspect: true, limit: ByteSize::mib(1), timeout: Span(core::time::Duration::from_secs(10)) }
    }
}

impl Section for Body {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("inspect", &mut self.inspect);
        fields.leaf("limit", &mut self.limit);
        fields.leaf("timeout", &mut self.timeout);
    }
}
