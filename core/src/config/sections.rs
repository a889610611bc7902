//! The sections about clients: identification, access, limits, bans.

use alloc::string::String;
use alloc::vec::Vec;

use http::{HeaderName, Method};

use super::section::section;
use super::values::Choice;
use super::{CloudRule, Country, HumanDuration, Rate, RateKey, StatusPattern, StrikeReason, TrustedProxy};
use crate::net::Cidr;

section! {
    /// `[client]`: client identification.
    pub struct Client {
        /// Trusted proxies: peers whose forwarding header is used. Addresses, networks, or `unix` for a connection
        /// without an address. Default: none.
        leaf trusted_proxies: Vec<TrustedProxy> = Vec::new(),
        /// The position of the client in the forwarded chain, counted from the right; 1 to 16. Default: 1.
        leaf proxy_depth: u8 = 1,
        /// The forwarding header: `x-forwarded-for`, `forwarded`, `x-real-ip` or a CDN's. Default: `x-forwarded-for`.
        leaf header: HeaderName = HeaderName::from_static("x-forwarded-for"),
        /// Whether `X-Forwarded-Proto` (or `proto=` of `Forwarded`) of a trusted proxy determines the scheme. Default:
        /// false.
        leaf trust_proto: bool = false,
        /// Bits of an IPv6 address that identify a client; 32 to 128. Default: 64.
        leaf ipv6_prefix: u8 = 64,
        /// Handling of a client without an address. Default: `deny`.
        leaf on_unknown: OnUnknownClient = OnUnknownClient::Deny,
    }
}

/// Handling of a client without an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknownClient {
    /// Reject it with 403.
    #[default]
    Deny,
    /// Serve it; all such clients share one set of counters, and are never banned.
    Allow,
}

impl Choice for OnUnknownClient {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[access]`: lists of addresses and networks.
    pub struct Access {
        /// Allow list: when not empty, other addresses are rejected, and these are not banned, limited or inspected.
        /// Default: empty.
        leaf allow: Vec<Cidr> = Vec::new(),
        /// Deny list. Has no effect when `allow` is not empty. Default: empty.
        leaf deny: Vec<Cidr> = Vec::new(),
        /// Addresses that are exempt from limits, but inspected and bannable. Default: empty.
        leaf exempt: Vec<Cidr> = Vec::new(),
        /// When not empty, clients of other countries are rejected, and clients without a known country, except
        /// loopback. ISO 3166-1 codes such as `DE`. Default: empty.
        leaf allow_countries: Vec<Country> = Vec::new(),
        /// Countries whose clients are rejected. A client without a known country passes. Default: empty.
        leaf deny_countries: Vec<Country> = Vec::new(),
        /// Cloud providers whose addresses are rejected, such as `AWS`; `AWS:!eu-west-1` excepts a region. Default:
        /// empty.
        leaf deny_clouds: Vec<CloudRule> = Vec::new(),
        /// Named lists of addresses that are rejected, such as `tor`; the application's facts contain their entries.
        /// Default: empty.
        leaf deny_lists: Vec<String> = Vec::new(),
        /// Regular expressions, in any case, that `User-Agent` must not match. Default: empty.
        leaf deny_user_agents: Vec<String> = Vec::new(),
        /// Handling of requests while the facts that a rule requires (countries, clouds, named lists) are not loaded.
        /// Default: `allow`.
        leaf on_missing_facts: OnMissingFacts = OnMissingFacts::Allow,
    }
}

/// Handling of requests while the facts that a rule requires are not loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissingFacts {
    /// The request passes the rule; the guard's status reports the missing facts.
    #[default]
    Allow,
    /// The request is rejected with 403.
    Deny,
}

impl Choice for OnMissingFacts {
    const OPTIONS: &'static [(&'static str, Self)] = &[("allow", Self::Allow), ("deny", Self::Deny)];
}

section! {
    /// `[emergency]`: emergency mode. All clients but those on `allow` are rejected with 503.
    pub struct Emergency {
        /// Whether the emergency mode is on. Default: false.
        leaf enabled: bool = false,
        /// Addresses that are served in emergency mode. Default: empty.
        leaf allow: Vec<Cidr> = Vec::new(),
    }
}

section! {
    /// `[site]`: host names and HTTPS.
    pub struct Site {
        /// Hosts of the service, such as `example.com`, `[2001:db8::1]`, or `*.example.com` for all sub-domains.
        /// Requests for others, or with two hosts, are rejected with 421. Compared in any case and without the port.
        /// Default: empty, any host.
        leaf hosts: Vec<String> = Vec::new(),
        /// Redirect plain HTTP to HTTPS on the same host; requires `hosts`. Default: false.
        leaf https: bool = false,
        /// The port in redirects to HTTPS; null keeps the port of the request. Default: 443.
        leaf https_port: Option<u16> = Some(443),
        /// Redirect to the host of the request although `hosts` is empty. An attacker who can forge a client's `Host`
        /// can then redirect that client to any site. Default: false.
        leaf insecure_redirect_to_any_host: bool = false,
    }
}

section! {
    /// `[trap]`: paths that only vulnerability scanners request.
    pub struct Trap {
        /// The paths, such as `/.env`, or `*/wp-login.php` in any directory: in any spelling, case ignored. A request for one
        /// is rejected with 403 and its client banned, unless it is on `access.allow`. Do not list paths that a page can
        /// link to, because browsers of visitors follow links. Default: empty.
        leaf paths: Vec<String> = Vec::new(),
        /// Duration of the ban; 1s to 366d. Default: 1h.
        leaf ban_for: HumanDuration = HumanDuration::secs(3600),
    }
}

section! {
    /// `[rate]`: rate limits per client.
    pub struct RateLimits {
        /// Whether limits are enforced, those of routes included. Default: true.
        leaf enabled: bool = true,
        /// The limit over all paths together. Default: `600/min`; null for none.
        leaf limit: Option<Rate> = Some(Rate::per_minute(600)),
        /// The key of `limit`: `client`, `header:NAME`, `cookie:NAME`, `principal`, or a combination. A request without
        /// the header, cookie or principal, or with two values of it, is counted by client instead. Default:
        /// `["client"]`.
        leaf key: Vec<RateKey> = alloc::vec![RateKey::Client],
        /// Limits of single paths.
        sections endpoint: Vec<EndpointRate> = Vec::new(),
        /// When responses include `RateLimit` and `RateLimit-Policy`. Default: `denied`.
        leaf fields: RateFields = RateFields::Denied,
        /// The value of `Retry-After`. Default: `remaining`.
        leaf retry_after: RetryAfter = RetryAfter::Remaining,
        /// Handling of limits and behaviour rules while the store is unavailable. Default: `local`.
        leaf on_unavailable: OnUnavailable = OnUnavailable::Local,
        /// Count rejections by a limit toward a ban. Default: false.
        leaf strikes: bool = false,
    }
}

section! {
    /// `[[rate.endpoint]]`: the limit of one path.
    pub struct EndpointRate {
        /// The path, such as `/login`. A request for it counts in any spelling (`/login/`, `//login`, `/%6Cogin`,
        /// `/login;x`), because some routers accept them.
        leaf path: String = String::new(),
        /// Methods that count; empty for all. `HEAD` counts as `GET`. Default: empty.
        leaf methods: Vec<Method> = Vec::new(),
        /// The limit.
        leaf limit: Rate = Rate::per_minute(60),
        /// The key; as `rate.key`. Default: `["client"]`.
        leaf key: Vec<RateKey> = alloc::vec![RateKey::Client],
        /// Count only requests whose response has one of these statuses, such as `401` or `4xx`, when it is sent; empty
        /// counts every request when it arrives. Concurrent requests can exceed such a limit by their number, and at
        /// most four such limits apply to one request. Default: empty.
        leaf outcomes: Vec<StatusPattern> = Vec::new(),
    }
}

impl EndpointRate {
    /// A limit per client for `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, limit: Rate) -> Self {
        Self { path: path.into(), limit, ..Self::default() }
    }
}

/// When responses include the fields of draft-ietf-httpapi-ratelimit-headers.
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

/// The value of `Retry-After` in rejections by a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// The time until the next request passes.
    #[default]
    Remaining,
    /// The length of the window.
    Window,
}

impl Choice for RetryAfter {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("remaining", Self::Remaining), ("window", Self::Window)];
}

/// Handling of a rule while the store is unavailable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnUnavailable {
    /// The request passes this rule.
    Allow,
    /// The process counts locally until the store is available.
    #[default]
    Local,
    /// The request is rejected with 503 and `Retry-After`.
    Deny,
}

impl Choice for OnUnavailable {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("local", Self::Local), ("deny", Self::Deny)];
}

section! {
    /// `[ban]`: bans of clients that attack.
    pub struct Ban {
        /// Whether attacks, rejected credentials, traps and behaviour rules lead to bans. Existing bans, and bans by
        /// the operator, are enforced in any case. Default: true.
        leaf enabled: bool = true,
        /// Strikes within `window` that lead to a ban; at least 1. Default: 10.
        leaf threshold: u32 = 10,
        /// How long a strike counts; 1s to 31d. Default: 10min.
        leaf window: HumanDuration = HumanDuration::secs(600),
        /// Duration of a ban; 1s to 366d. Default: 1h.
        leaf duration: HumanDuration = HumanDuration::secs(3600),
        /// Thresholds of single classes, evaluated before `threshold`.
        sections class: Vec<ClassBan> = Vec::new(),
        /// Handling of ban lookups while the store is unavailable. Default: `local`.
        leaf on_unavailable: OnUnavailable = OnUnavailable::Local,
    }
}

section! {
    own setters
    /// `[[ban.class]]`: the threshold and duration for one class.
    pub struct ClassBan {
        /// The class, such as `sqli`; `rate_limit` for rejections by a limit, `authentication` for rejected
        /// credentials. Required.
        leaf class: Option<StrikeReason> = None,
        /// Strikes of the class within `ban.window` that lead to a ban; at least 1.
        leaf threshold: u32 = 1,
        /// Duration of that ban.
        leaf duration: HumanDuration = HumanDuration::secs(3600),
    }
}

impl ClassBan {
    /// Ban for `duration` after `threshold` strikes of `class`.
    ///
    /// ```
    /// use core::time::Duration;
    /// use portcullis_core::config::{Ban, ClassBan, StrikeReason};
    /// use portcullis_core::detect::Class;
    ///
    /// let day = Duration::from_secs(86_400);
    /// let ban = Ban::default()
    ///     .class([ClassBan::new(Class::Sqli, 2, day), ClassBan::new(StrikeReason::Authentication, 20, day)]);
    /// ```
    #[must_use]
    pub fn new(class: impl Into<StrikeReason>, threshold: u32, duration: core::time::Duration) -> Self {
        Self { class: Some(class.into()), threshold, duration: HumanDuration(duration) }
    }
}
