//! The policy of a group of routes, on top of the global configuration.
//!
//! A policy is built in code, registered by name and attached to the real route, so that its path always exists; or it
//! is written under `[[route]]` with the pattern of the route. It combines with the configuration as follows:
//!
//! | concern | together |
//! |---|---|
//! | `https` | required when either requires it |
//! | `allow` | replaces both global lists; the client then counts as neither allowlisted nor exempt |
//! | `deny`, countries | added to the global ones, also for clients on the global `allow`; a match of a deny list takes precedence; a match of `allow_countries` bypasses the global country rules |
//! | clouds, named lists, user agents | added to the global ones, with the same exemptions |
//! | rates | all apply; each has a counter of its own, shared by all paths of the route |
//! | behaviour rules | all apply; those of a route count only its requests |
//! | detection on or off, classes, body | replaces |
//! | exclusions | added |
//! | size | the smaller of the global `body.max` and that of the route |
//! | limits by country | one counter for each entry, beside the other limits |
//! | credential, headers, referrers, types, hours | of the route only; a credential without a verifier uses the global one |
//! | hooks | the global ones first |
//! | bypass | disables the listed checks, global rules included |

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::section::section;
use crate::config::{BehaviourRule, ByteSize, CloudRule, Country, Exclude, Rate, RateKey, StatusPattern};
use crate::detect::Class;
use crate::net::Cidr;

mod hours;
mod values;

pub use hours::{Hours, TimeOfDay, TimeZone, Weekday};
pub use values::{BodyRule, Bypass, Credential, RequiredHeader};

/// A registered policy: an index into the policies of its guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyHandle {
    pub(crate) index: u16,
    /// Hash of the name, so that a handle of another guard is detected.
    pub(crate) name: u32,
}

section! {
    own setters
    /// The settings of a group of routes: built with its methods in code, or written under `[[route]]`.
    ///
    /// ```
    /// use portcullis_core::{Bypass, Rate, RoutePolicy};
    ///
    /// let login = RoutePolicy::new().rate(Rate::per_minute(5)).deny("198.51.100.0/24".parse()?);
    /// let health = RoutePolicy::new().bypass(Bypass::RateLimit);
    /// # Ok::<(), portcullis_core::net::CidrError>(())
    /// ```
    pub struct RoutePolicy {
        /// Checks that these routes bypass: `ip_ban`, `ip`, `clouds`, `rate_limit`, `penetration`, or `all`. Default:
        /// empty.
        leaf bypass: Vec<Bypass> = Vec::new(),
        /// Redirect plain HTTP to HTTPS; requires `site.hosts`. Default: false.
        leaf https: bool = false,
        /// When not empty, other addresses are rejected. Default: empty.
        leaf allow: Vec<Cidr> = Vec::new(),
        /// Addresses that are rejected. Default: empty.
        leaf deny: Vec<Cidr> = Vec::new(),
        /// When not empty, clients of other countries are rejected, except loopback. Default: empty.
        leaf allow_countries: Vec<Country> = Vec::new(),
        /// Countries whose clients are rejected. Default: empty.
        leaf deny_countries: Vec<Country> = Vec::new(),
        /// Cloud providers whose addresses are rejected. Default: empty.
        leaf deny_clouds: Vec<CloudRule> = Vec::new(),
        /// Named lists of addresses that are rejected. Default: empty.
        leaf deny_lists: Vec<String> = Vec::new(),
        /// Regular expressions that `User-Agent` must not match. Default: empty.
        leaf deny_user_agents: Vec<String> = Vec::new(),
        /// Limits over these routes, independent of path parameters.
        sections rate: Vec<RouteRate> = Vec::new(),
        /// Limits by country, such as `DE = "100/min"`; `"*"` for all others, unknown ones included. Default: empty.
        leaf country_rate: BTreeMap<String, Rate> = BTreeMap::new(),
        /// Location of the required credential: `bearer`, `basic` or `header:NAME`. Default: none.
        leaf credential: Option<Credential> = None,
        /// The verifier of the credential; null for `hooks.verifier`. Default: null.
        leaf verifier: Option<String> = None,
        /// Require a credential without verifying it. Default: false.
        leaf presence_only: bool = false,
        /// Required headers: their value, or `true` for any value. Checked in the order of their names. Default: empty.
        leaf required_headers: BTreeMap<String, RequiredHeader> = BTreeMap::new(),
        /// Allowed domains of `Referer`, sub-domains included; ports are ignored. Default: empty, any.
        leaf referrers: Vec<String> = Vec::new(),
        /// Maximum length of a body, inspected or not; a longer one is rejected with 413. A body without a declared
        /// length is read up to here before the handler runs. Default: none.
        leaf max_body: Option<ByteSize> = None,
        /// Allowed media types of bodies, such as `application/json` or `image/*`; others, and bodies without a type,
        /// are rejected with 415. Default: empty, any.
        leaf content_types: Vec<String> = Vec::new(),
        /// When these routes are served; at other times requests are rejected with 403. Default: empty, always.
        sections hours: Vec<Hours> = Vec::new(),
        /// Whether these routes are inspected, in place of the configuration. Default: null.
        leaf detect: Option<bool> = None,
        /// Active classes. Default: null, those of the configuration.
        leaf classes: Option<Vec<Class>> = None,
        /// Exclusions: locations where a class or rule does not apply.
        sections exclude: Vec<Exclude> = Vec::new(),
        /// Handling of bodies: `"skip"`, `{ inspect = "1MiB" }` or `{ prefix = "64KiB" }`. Default: null, as in the
        /// configuration.
        leaf body: Option<BodyRule> = None,
        /// Accept bodies that the guard cannot read, which are rejected otherwise: with Rocket, those of more than 512 bytes
        /// on routes that do not read them through `Inspected`. The verdict reports the gap. Default: false.
        leaf insecure_uninspected_body: bool = false,
        /// Honeypot fields: a form or JSON body with a value in one of them is rejected with 403. Default: empty.
        leaf honeypot: Vec<String> = Vec::new(),
        /// Rules over many requests of one client.
        sections behaviour: Vec<BehaviourRule> = Vec::new(),
        /// Hooks that run before inspection, in this order. Default: empty.
        leaf validators: Vec<String> = Vec::new(),
        /// Hooks that run after all other checks, in this order. Default: empty.
        leaf hooks: Vec<String> = Vec::new(),
    }
}

section! {
    /// One limit of a route.
    pub struct RouteRate {
        /// The limit. Default: `60/min`.
        leaf limit: Rate = Rate::per_minute(60),
        /// The key; as `rate.key`. Default: `["client"]`.
        leaf key: Vec<RateKey> = alloc::vec![RateKey::Client],
        /// Count only requests whose response has one of these statuses, such as `401` or `4xx`, when it is sent; empty
        /// counts every request when it arrives. Concurrent requests can exceed such a limit by their number, and at
        /// most four such limits apply to one request. Default: empty.
        leaf outcomes: Vec<StatusPattern> = Vec::new(),
    }
}

impl RoutePolicy {
    /// A policy that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limit each client on these routes, independent of path parameters; may be called again for more. A [`RouteRate`] may
    /// count by another key.
    #[must_use]
    pub fn rate(mut self, limit: impl Into<RouteRate>) -> Self {
        self.rate.push(limit.into());
        self
    }

    /// Limit by another key than the client.
    #[must_use]
    pub fn rate_by(self, key: impl IntoIterator<Item = RateKey>, limit: Rate) -> Self {
        self.rate(RouteRate::new(limit).key(key))
    }

    /// Limit how many responses of a client have one of the statuses `outcomes`, such as failed logins. Such a limit
    /// counts when the response is known, so that successful requests are not counted.
    #[must_use]
    pub fn rate_outcomes<S: Into<StatusPattern>>(
        mut self,
        outcomes: impl IntoIterator<Item = S>,
        limit: Rate,
    ) -> Self {
        let outcomes = outcomes.into_iter().map(Into::into).collect();
        self.rate.push(RouteRate { limit, outcomes, ..RouteRate::default() });
        self
    }

    /// Limit clients of this country; [`RoutePolicy::country_rate_else`] for all others.
    #[must_use]
    pub fn country_rate(mut self, country: Country, limit: Rate) -> Self {
        self.country_rate.insert(country.code().into(), limit);
        self
    }

    /// Limit clients of countries without a limit of their own, and clients without a known country.
    #[must_use]
    pub fn country_rate_else(mut self, limit: Rate) -> Self {
        self.country_rate.insert("*".into(), limit);
        self
    }

    /// Reject all networks but this one; may be called again for more.
    #[must_use]
    pub fn allow(mut self, network: Cidr) -> Self {
        self.allow.push(network);
        self
    }

    /// Reject this network; may be called again for more.
    #[must_use]
    pub fn deny(mut self, network: Cidr) -> Self {
        self.deny.push(network);
        self
    }

    /// Reject clients of all countries but this one; may be called again for more.
    #[must_use]
    pub fn allow_country(mut self, country: Country) -> Self {
        self.allow_countries.push(country);
        self
    }

    /// Reject clients of this country; may be called again for more.
    #[must_use]
    pub fn deny_country(mut self, country: Country) -> Self {
        self.deny_countries.push(country);
        self
    }

    /// Reject addresses of this cloud provider; may be called again for more.
    #[must_use]
    pub fn deny_cloud(mut self, cloud: CloudRule) -> Self {
        self.deny_clouds.push(cloud);
        self
    }

    /// Reject addresses of this named list; may be called again for more.
    #[must_use]
    pub fn deny_list(mut self, list: impl Into<String>) -> Self {
        self.deny_lists.push(list.into());
        self
    }

    /// Reject user agents that match this regular expression, in any case; may be called again for more.
    #[must_use]
    pub fn deny_user_agent(mut self, pattern: impl Into<String>) -> Self {
        self.deny_user_agents.push(pattern.into());
        self
    }

    /// Bypass a check on these routes.
    #[must_use]
    pub fn bypass(mut self, check: Bypass) -> Self {
        self.bypass.push(check);
        self
    }

    /// Redirect plain HTTP to HTTPS.
    #[must_use]
    pub fn require_https(mut self) -> Self {
        self.https = true;
        self
    }

    /// Require a credential that the verifier registered as `verifier` accepts. Without one, or when the verifier
    /// rejects it, the response is 401; a failing verifier rejects unless `hooks.on_failure` is `allow`.
    #[must_use]
    pub fn verify(mut self, credential: Credential, verifier: impl Into<String>) -> Self {
        self.credential = Some(credential);
        self.verifier = Some(verifier.into());
        self
    }

    /// Require a credential that the verifier named by `hooks.verifier` accepts.
    #[must_use]
    pub fn require(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Require a credential without verifying it, for applications that verify it themselves.
    #[must_use]
    pub fn require_presence(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self.presence_only = true;
        self
    }

    /// Require this header with any value; may be called again for more.
    #[must_use]
    pub fn require_header(mut self, name: impl Into<String>) -> Self {
        self.required_headers.insert(name.into(), RequiredHeader::Present);
        self
    }

    /// Require this header with this value; may be called again for more.
    #[must_use]
    pub fn require_header_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.required_headers.insert(name.into(), RequiredHeader::Value(value.into()));
        self
    }

    /// Require a `Referer` of this domain or below; may be called again for more.
    #[must_use]
    pub fn referrer(mut self, domain: impl Into<String>) -> Self {
        self.referrers.push(domain.into());
        self
    }

    /// Reject longer bodies.
    #[must_use]
    pub fn max_body(mut self, size: ByteSize) -> Self {
        self.max_body = Some(size);
        self
    }

    /// Accept bodies of this media type; may be called again for more.
    #[must_use]
    pub fn content_type(mut self, media: impl Into<String>) -> Self {
        self.content_types.push(media.into());
        self
    }

    /// Serve these routes at these hours; may be called again for more.
    #[must_use]
    pub fn hours(mut self, hours: Hours) -> Self {
        self.hours.push(hours);
        self
    }

    /// Whether these routes are inspected, in place of the configuration.
    #[must_use]
    pub fn detect(mut self, on: bool) -> Self {
        self.detect = Some(on);
        self
    }

    /// Detect these classes only.
    #[must_use]
    pub fn classes(mut self, classes: impl IntoIterator<Item = Class>) -> Self {
        self.classes = Some(classes.into_iter().collect());
        self
    }

    /// Exclude a class or rule in one place.
    #[must_use]
    pub fn exclude(mut self, exclude: Exclude) -> Self {
        self.exclude.push(exclude);
        self
    }

    /// Set the handling of bodies.
    #[must_use]
    pub fn body(mut self, rule: BodyRule) -> Self {
        self.body = Some(rule);
        self
    }

    /// Accept bodies that the guard cannot read.
    #[must_use]
    pub fn insecure_uninspected_body(mut self) -> Self {
        self.insecure_uninspected_body = true;
        self
    }

    /// Reject bodies with a value in this field, which is invisible to people. May be called again for more.
    #[must_use]
    pub fn honeypot(mut self, field: impl Into<String>) -> Self {
        self.honeypot.push(field.into());
        self
    }

    /// Add a behaviour rule to these routes; may be called again for more.
    #[must_use]
    pub fn behaviour(mut self, rule: BehaviourRule) -> Self {
        self.behaviour.push(rule);
        self
    }

    /// Run the hook registered as `name` before inspection; may be called again for more.
    #[must_use]
    pub fn validator(mut self, name: impl Into<String>) -> Self {
        self.validators.push(name.into());
        self
    }

    /// Run the hook registered as `name` after all other checks; may be called again for more, in this order.
    #[must_use]
    pub fn hook(mut self, name: impl Into<String>) -> Self {
        self.hooks.push(name.into());
        self
    }
}

impl RouteRate {
    /// A limit per client.
    #[must_use]
    pub fn new(limit: Rate) -> Self {
        Self { limit, ..Self::default() }
    }

    /// `limit` per second and client.
    ///
    /// # Panics
    /// If `limit` is zero.
    #[must_use]
    pub fn per_second(limit: u32) -> Self {
        Self::new(Rate::per_second(limit))
    }

    /// `limit` per 60 seconds and client.
    ///
    /// # Panics
    /// If `limit` is zero.
    #[must_use]
    pub fn per_minute(limit: u32) -> Self {
        Self::new(Rate::per_minute(limit))
    }

    /// `limit` per 3,600 seconds and client.
    ///
    /// # Panics
    /// If `limit` is zero.
    #[must_use]
    pub fn per_hour(limit: u32) -> Self {
        Self::new(Rate::per_hour(limit))
    }
}

impl From<Rate> for RouteRate {
    fn from(limit: Rate) -> Self {
        Self::new(limit)
    }
}

#[cfg(test)]
mod tests;
