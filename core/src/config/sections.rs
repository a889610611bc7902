//! The sections about who may ask and how often: names, meanings, defaults.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{CloudRule, Country, HumanDuration, Rate, StatusPattern};
use crate::net::Cidr;

section! {
    /// `[client]`: whose request this is.
    pub struct Client {
        /// Peers whose forwarding header is believed: addresses, networks, or `unix` for a connection without an address.
        /// Default: none.
        leaf trusted_proxies: Vec<String> = Vec::new(),
        /// Which entry of the forwarded chain is the client, counted from the right; 1 to 16. Default: 1.
        leaf proxy_depth: u8 = 1,
        /// The one header that is read: `x-forwarded-for`, `forwarded`, `x-real-ip` or a CDN's. Default: `x-forwarded-for`.
        leaf header: String = "x-forwarded-for".into(),
        /// Let a trusted peer's `X-Forwarded-Proto` (or `proto=` of `Forwarded`) say that the client used HTTPS.
        /// Default: false.
        leaf trust_proto: bool = false,
        /// How many bits of an IPv6 address are one client; 32 to 128. Default: 64.
        leaf ipv6_prefix: u8 = 64,
        /// What to do with a client that has no address. Default: `deny`.
        leaf on_unknown: OnUnknownClient = OnUnknownClient::Deny,
    }
}

/// What to do with a client that has no address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknownClient {
    /// Refuse it with 403.
    #[default]
    Deny,
    /// Serve it; all such clients share one set of counters, and none is ever banned.
    Allow,
}

impl Choice for OnUnknownClient {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[access]`: lists of addresses and networks.
    pub struct Access {
        /// When not empty, only these may ask; they are not banned, limited or inspected. Default: empty.
        leaf allow: Vec<Cidr> = Vec::new(),
        /// Refused. Not consulted when `allow` is not empty. Default: empty.
        leaf deny: Vec<Cidr> = Vec::new(),
        /// Not limited, but inspected and bannable. Default: empty.
        leaf exempt: Vec<Cidr> = Vec::new(),
        /// When not empty, only clients of these countries may ask, as ISO 3166-1 codes such as `DE`. A client whose country
        /// is not known is refused; the machine itself is not. Default: empty.
        leaf allow_countries: Vec<Country> = Vec::new(),
        /// Countries whose clients are refused. A client whose country is not known passes. Default: empty.
        leaf deny_countries: Vec<Country> = Vec::new(),
        /// Cloud providers whose addresses are refused, such as `AWS`; `AWS:!eu-west-1` leaves a region out.
        /// Default: empty.
        leaf deny_clouds: Vec<CloudRule> = Vec::new(),
        /// Named lists of addresses that are refused, such as `tor`; the service's facts know what stands in them.
        /// Default: empty.
        leaf deny_lists: Vec<String> = Vec::new(),
        /// Regular expressions, in any case, that no `User-Agent` may match in its first 512 bytes. Default: empty.
        leaf deny_user_agents: Vec<String> = Vec::new(),
        /// What to do when the facts about countries, clouds or a named list that a rule asks for are not loaded.
        /// Default: `allow`.
        leaf on_missing_facts: OnMissingFacts = OnMissingFacts::Allow,
    }
}

/// What to do with a request while the facts that a rule asks for are not loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissingFacts {
    /// It passes the rule; the guard's status says that the facts are missing.
    #[default]
    Allow,
    /// It is refused with 403.
    Deny,
}

impl Choice for OnMissingFacts {
    const OPTIONS: &'static [(&'static str, Self)] = &[("allow", Self::Allow), ("deny", Self::Deny)];
}

section! {
    /// `[emergency]`: a lock-down. Everybody else is answered 503.
    pub struct Emergency {
        /// Whether it is on. Default: false.
        leaf enabled: bool = false,
        /// Who may still ask. Default: nobody.
        leaf allow: Vec<Cidr> = Vec::new(),
    }
}

section! {
    /// `[site]`: the names under which the service is reached, and over which scheme.
    pub struct Site {
        /// Hosts that requests may name, such as `example.com`, `[2001:db8::1]`, or `*.example.com` for everything below;
        /// others are answered 421, and so are requests that name two. Compared in any case and without the port.
        /// Default: empty, any host.
        leaf hosts: Vec<String> = Vec::new(),
        /// Answer plain HTTP with a redirect to HTTPS, of the same host: needs `hosts`. Default: false.
        leaf https: bool = false,
        /// The port of HTTPS in redirects; null keeps the request's own. Default: 443.
        leaf https_port: Option<u16> = Some(443),
        /// Redirect to whatever host the request names although `hosts` is empty. A client that is made to send a forged
        /// `Host` is then sent wherever it says. Default: false.
        leaf insecure_redirect_to_any_host: bool = false,
    }
}

section! {
    /// `[trap]`: paths that only somebody who is looking for holes asks for.
    pub struct Trap {
        /// The paths, such as `/.env` or `/wp-login.php`: compared exactly, case ignored. A request for one is answered 403
        /// and its client banned, unless it is on `access.allow`. Name none that a page could link to: a visitor's browser
        /// follows. Default: empty.
        leaf paths: Vec<String> = Vec::new(),
        /// How long; 1s to 366d. Default: 1h.
        leaf ban_for: HumanDuration = HumanDuration::secs(3600),
    }
}

section! {
    /// `[rate]`: how often one client may ask.
    pub struct RateLimits {
        /// Whether any limit acts, those of routes included. Default: true.
        leaf enabled: bool = true,
        /// All paths together. Default: `600/min`; null for none.
        leaf limit: Option<Rate> = Some(Rate::per_minute(600)),
        /// What is counted, for `limit`: `client`, `header:NAME`, `cookie:NAME`, `principal`, or several together.
        /// A request without the header, cookie or principal, or with two values of it, is counted by client instead.
        /// Default: `["client"]`.
        leaf key: Vec<String> = alloc::vec!["client".into()],
        /// Limits of single paths.
        sections endpoint: Vec<EndpointRate> = Vec::new(),
        /// When responses carry `RateLimit` and `RateLimit-Policy`. Default: `denied`.
        leaf fields: RateFields = RateFields::Denied,
        /// What `Retry-After` says. Default: `remaining`.
        leaf retry_after: RetryAfter = RetryAfter::Remaining,
        /// What limits and behaviour rules mean while the store does not answer. Default: `local`.
        leaf on_unavailable: OnUnavailable = OnUnavailable::Local,
        /// Count refusals by a limit toward a ban. Default: false.
        leaf strikes: bool = false,
    }
}

section! {
    /// `[[rate.endpoint]]`: the limit of one exact path.
    pub struct EndpointRate {
        /// The path, such as `/login`. Compared exactly.
        leaf path: String = String::new(),
        /// Methods that count; empty for all. `HEAD` counts with `GET`. Default: empty.
        leaf methods: Vec<String> = Vec::new(),
        /// The limit.
        leaf limit: Rate = Rate::per_minute(60),
        /// What is counted; as `rate.key`. Default: `["client"]`.
        leaf key: Vec<String> = alloc::vec!["client".into()],
        /// Count only requests that were answered with one of these, such as `401` or `4xx`, once they were; empty counts
        /// every request when it arrives. Requests in flight at the same time can exceed such a limit by their number, and
        /// one request can be under four of them. Default: empty.
        leaf outcomes: Vec<StatusPattern> = Vec::new(),
    }
}

impl EndpointRate {
    /// So many requests of one client to `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, limit: Rate) -> Self {
        Self { path: path.into(), limit, ..Self::default() }
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

/// What `Retry-After` of a refusal by a limit says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// How long it takes until the next request would pass.
    #[default]
    Remaining,
    /// The whole window, whatever is left of it.
    Window,
}

impl Choice for RetryAfter {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("remaining", Self::Remaining), ("window", Self::Window)];
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

section! {
    /// `[ban]`: what attacks cost a client.
    pub struct Ban {
        /// Whether attacks, rejected credentials, traps and behaviour rules lead to bans. Bans in force, and bans by hand, act
        /// in any case. Default: true.
        leaf enabled: bool = true,
        /// Attacks within `window` that ban; at least 1. Default: 10.
        leaf threshold: u32 = 10,
        /// How long an attack is remembered; 1s to 31d. Default: 10min.
        leaf window: HumanDuration = HumanDuration::secs(600),
        /// How long a ban lasts; 1s to 366d. Default: 1h.
        leaf duration: HumanDuration = HumanDuration::secs(3600),
        /// Thresholds of single classes, tried before `threshold`.
        sections class: Vec<ClassBan> = Vec::new(),
        /// What a ban look-up means while the store does not answer. Default: `local`.
        leaf on_unavailable: OnUnavailable = OnUnavailable::Local,
    }
}

section! {
    /// `[[ban.class]]`: what attacks of one class cost.
    pub struct ClassBan {
        /// The class, such as `sqli`; `rate_limit` for refusals by a limit, `authentication` for rejected credentials.
        leaf class: String = String::new(),
        /// Attacks of the class within `ban.window` that ban; at least 1.
        leaf threshold: u32 = 1,
        /// How long that ban lasts.
        leaf duration: HumanDuration = HumanDuration::secs(3600),
    }
}

impl ClassBan {
    /// Ban after so many attacks of `class`.
    #[must_use]
    pub fn new(class: impl Into<String>, threshold: u32, duration: core::time::Duration) -> Self {
        Self { class: class.into(), threshold, duration: HumanDuration(duration) }
    }
}
