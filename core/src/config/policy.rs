//! What one group of routes wants, on top of the global configuration.
//!
//! A policy is built in code, registered by name and attached to the real route, so it cannot name a path that does not
//! exist; or it is written under `[[route]]` with the pattern of the route. How it combines with the configuration:
//!
//! | concern | together |
//! |---|---|
//! | `https` | required when either asks for it |
//! | `allow` | replaces both global lists; the client then counts as neither allow-listed nor exempt |
//! | `deny`, countries | added to the global ones, also for clients on the global `allow`; a denial beats every permission; a match of `allow_countries` spares the global country rules |
//! | clouds, named lists, user agents | added to the global ones, and spare whom those spare |
//! | rates | all act; each has a counter of its own, shared by all paths of the route |
//! | behaviour rules | all act; those of a route count its requests only |
//! | detection on or off, classes, body | replaces |
//! | exclusions | added |
//! | size | the smaller of the global `body.max` and that of the route |
//! | limits by country | one counter for each entry, beside the other limits |
//! | credential, headers, referrers, types, hours | of the route only; a credential without a verifier uses the global one |
//! | hooks | the global ones first |
//! | bypass | switches off what it names, global rules included |

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::section::section;
use crate::config::{BehaviourRule, ByteSize, CloudRule, Country, Exclude, Rate, StatusPattern};
use crate::net::Cidr;

mod values;

pub use values::{BodyRule, Bypass, Credential};

/// A registered policy: an index into the policies of the guard it was registered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyHandle {
    pub(crate) index: u16,
    /// From the name: a handle of another guard must not pass for one of this.
    pub(crate) name: u32,
}

section! {
    /// The wishes of a group of routes: built with its methods in code, or written under `[[route]]`.
    ///
    /// ```
    /// use portcullis_core::{Bypass, Rate, RoutePolicy};
    ///
    /// let login = RoutePolicy::new().rate(Rate::per_minute(5)).deny("198.51.100.0/24".parse()?);
    /// let health = RoutePolicy::new().bypass(Bypass::RateLimit);
    /// # Ok::<(), portcullis_core::net::CidrError>(())
    /// ```
    pub struct RoutePolicy {
        /// Checks that do not concern these routes: `ip_ban`, `ip`, `clouds`, `rate_limit`, `penetration`, or `all`.
        /// Default: empty.
        leaf bypass: Vec<Bypass> = Vec::new(),
        /// Answer plain HTTP with a redirect to HTTPS; needs `site.hosts`. Default: false.
        leaf https: bool = false,
        /// When not empty, only these addresses may ask. Default: empty.
        leaf allow: Vec<Cidr> = Vec::new(),
        /// Addresses that are refused. Default: empty.
        leaf deny: Vec<Cidr> = Vec::new(),
        /// When not empty, only clients of these countries may ask, and the machine itself. Default: empty.
        leaf allow_countries: Vec<Country> = Vec::new(),
        /// Countries whose clients are refused. Default: empty.
        leaf deny_countries: Vec<Country> = Vec::new(),
        /// Cloud providers whose addresses are refused. Default: empty.
        leaf deny_clouds: Vec<CloudRule> = Vec::new(),
        /// Named lists of addresses that are refused. Default: empty.
        leaf deny_lists: Vec<String> = Vec::new(),
        /// Regular expressions that no `User-Agent` may match. Default: empty.
        leaf deny_user_agents: Vec<String> = Vec::new(),
        /// Limits of these routes, whatever their path parameters.
        sections rate: Vec<RouteRate> = Vec::new(),
        /// Limits by country, such as `DE = "100/min"`; `"*"` for all others, unknown ones included. Default: empty.
        leaf country_rate: BTreeMap<String, Rate> = BTreeMap::new(),
        /// Where the credential that a request must have is found: `bearer`, `basic` or `header:NAME`. Default: none.
        leaf credential: Option<Credential> = None,
        /// The verifier that must accept it; null for `hooks.verifier`. Default: null.
        leaf verifier: Option<String> = None,
        /// Ask no verifier: the credential only has to be there. Default: false.
        leaf presence_only: bool = false,
        /// Headers that a request must have: to their value, or to `required` for any. Looked at in the order of their names.
        /// Default: empty.
        leaf required_headers: BTreeMap<String, String> = BTreeMap::new(),
        /// Domains one of which `Referer` must name, sub-domains included; ports do not count. Default: empty, any.
        leaf referrers: Vec<String> = Vec::new(),
        /// The longest body, inspected or not; a longer one is refused with 413. One that does not say its length is read
        /// up to here before the handler runs. Default: none.
        leaf max_body: Option<ByteSize> = None,
        /// Media types that bodies may have, such as `application/json` or `image/*`; others, and bodies without a type, are
        /// refused with 415. Default: empty, any.
        leaf content_types: Vec<String> = Vec::new(),
        /// When these routes may be asked; outside of all of them the answer is 403. Default: empty, always.
        sections hours: Vec<Hours> = Vec::new(),
        /// Inspect these routes, or not, whatever the configuration says. Default: null.
        leaf detect: Option<bool> = None,
        /// Look for these classes only. Default: null, those of the configuration.
        leaf classes: Option<Vec<String>> = None,
        /// Where a class or rule does not apply.
        sections exclude: Vec<Exclude> = Vec::new(),
        /// What to do with bodies: `"skip"`, `{ inspect = "1MiB" }` or `{ prefix = "64KiB" }`. Default: null, as the
        /// configuration says.
        leaf body: Option<BodyRule> = None,
        /// Let bodies pass that the framework keeps from the guard, which are refused otherwise: with Rocket, those of more
        /// than 512 bytes on routes that do not read them through `BodyOutcome`. The verdict says so. Default: false.
        leaf insecure_uninspected_body: bool = false,
        /// Fields that only a machine fills in: a form or JSON body with one of them is refused with 403. Default: empty.
        leaf honeypot: Vec<String> = Vec::new(),
        /// Rules over many requests of one client.
        sections behaviour: Vec<BehaviourRule> = Vec::new(),
        /// Hooks asked before the request is inspected, in this order. Default: empty.
        leaf validators: Vec<String> = Vec::new(),
        /// Hooks asked after every other check, in this order. Default: empty.
        leaf hooks: Vec<String> = Vec::new(),
    }
}

section! {
    /// One limit of a route.
    pub struct RouteRate {
        /// The limit. Default: `60/min`.
        leaf limit: Rate = Rate::per_minute(60),
        /// What is counted; as `rate.key`. Default: `["client"]`.
        leaf key: Vec<String> = alloc::vec!["client".into()],
        /// Count only requests that were answered with one of these, such as `401` or `4xx`, once they were; empty counts
        /// every request when it arrives. Requests in flight at the same time can exceed such a limit by their number, and
        /// one request can be under four of them. Default: empty.
        leaf outcomes: Vec<StatusPattern> = Vec::new(),
    }
}

section! {
    /// A part of the day, on some days of the week.
    pub struct Hours {
        /// The first minute, as `HH:MM`. Default: `00:00`.
        leaf from: String = "00:00".into(),
        /// The last minute, as `HH:MM`; before `from` for a time over midnight. Default: `23:59`.
        leaf to: String = "23:59".into(),
        /// The time zone, by its IANA name. Default: `UTC`.
        leaf zone: String = "UTC".into(),
        /// The days on which it starts: `mon` to `sun`. Default: empty, every day.
        leaf days: Vec<String> = Vec::new(),
    }
}

impl RoutePolicy {
    /// A policy that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limit each client on these routes, whatever the path parameters.
    #[must_use]
    pub fn rate(self, limit: Rate) -> Self {
        self.rate_by(["client"], limit)
    }

    /// Limit by something else than the client: see [`RateLimits::key`](crate::config::Rates::key) for what a part can be.
    #[must_use]
    pub fn rate_by<K: Into<String>>(mut self, key: impl IntoIterator<Item = K>, limit: Rate) -> Self {
        let key = key.into_iter().map(Into::into).collect();
        self.rate.push(RouteRate { limit, key, ..RouteRate::default() });
        self
    }

    /// Limit how often a client may be answered with one of `outcomes`: failed logins, say. Such a limit counts when the
    /// response is known, so that what succeeds costs nothing.
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

    /// Limit clients of countries without a limit of their own, and those whose country is not known.
    #[must_use]
    pub fn country_rate_else(mut self, limit: Rate) -> Self {
        self.country_rate.insert("*".into(), limit);
        self
    }

    /// Let only this network in; may be called again for more.
    #[must_use]
    pub fn allow(mut self, network: Cidr) -> Self {
        self.allow.push(network);
        self
    }

    /// Keep this network out; may be called again for more.
    #[must_use]
    pub fn deny(mut self, network: Cidr) -> Self {
        self.deny.push(network);
        self
    }

    /// Let only clients of this country in; may be called again for more.
    #[must_use]
    pub fn allow_country(mut self, country: Country) -> Self {
        self.allow_countries.push(country);
        self
    }

    /// Keep clients of this country out; may be called again for more.
    #[must_use]
    pub fn deny_country(mut self, country: Country) -> Self {
        self.deny_countries.push(country);
        self
    }

    /// Keep addresses of this cloud provider out; may be called again for more.
    #[must_use]
    pub fn deny_cloud(mut self, cloud: CloudRule) -> Self {
        self.deny_clouds.push(cloud);
        self
    }

    /// Keep addresses of this named list out; may be called again for more.
    #[must_use]
    pub fn deny_list(mut self, list: impl Into<String>) -> Self {
        self.deny_lists.push(list.into());
        self
    }

    /// Keep user agents out that match this regular expression, in any case; may be called again for more.
    #[must_use]
    pub fn deny_user_agent(mut self, pattern: impl Into<String>) -> Self {
        self.deny_user_agents.push(pattern.into());
        self
    }

    /// Switch a check off on these routes.
    #[must_use]
    pub fn bypass(mut self, check: Bypass) -> Self {
        self.bypass.push(check);
        self
    }

    /// Answer plain HTTP with a redirect to HTTPS.
    #[must_use]
    pub fn require_https(mut self) -> Self {
        self.https = true;
        self
    }

    /// Require a credential that the verifier registered as `verifier` accepts. Without one, or when the verifier
    /// refuses, the answer is 401; a failing verifier refuses unless `hooks.on_failure` says otherwise.
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

    /// Require that there is a credential, whatever it says: the application looks at it.
    #[must_use]
    pub fn require_presence(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self.presence_only = true;
        self
    }

    /// Require this header with any value; may be called again for more.
    #[must_use]
    pub fn require_header(self, name: impl Into<String>) -> Self {
        self.require_header_value(name, "required")
    }

    /// Require this header with this value; may be called again for more.
    #[must_use]
    pub fn require_header_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.required_headers.insert(name.into(), value.into());
        self
    }

    /// Require a `Referer` of this domain or below; may be called again for more.
    #[must_use]
    pub fn referrer(mut self, domain: impl Into<String>) -> Self {
        self.referrers.push(domain.into());
        self
    }

    /// Refuse bodies that are longer.
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

    /// Serve at these hours; may be called again for more.
    #[must_use]
    pub fn hours(mut self, hours: Hours) -> Self {
        self.hours.push(hours);
        self
    }

    /// Inspect these routes, or not, whatever the configuration says.
    #[must_use]
    pub fn detect(mut self, on: bool) -> Self {
        self.detect = Some(on);
        self
    }

    /// Look for these classes only.
    #[must_use]
    pub fn classes<C: Into<String>>(mut self, classes: impl IntoIterator<Item = C>) -> Self {
        self.classes = Some(classes.into_iter().map(Into::into).collect());
        self
    }

    /// Leave out a class or rule in one place.
    #[must_use]
    pub fn exclude(mut self, exclude: Exclude) -> Self {
        self.exclude.push(exclude);
        self
    }

    /// Treat bodies of these routes differently.
    #[must_use]
    pub fn body(mut self, rule: BodyRule) -> Self {
        self.body = Some(rule);
        self
    }

    /// Let bodies pass that the framework keeps from the guard.
    #[must_use]
    pub fn insecure_uninspected_body(mut self) -> Self {
        self.insecure_uninspected_body = true;
        self
    }

    /// Refuse bodies in which this field is filled in: one that people do not see. May be called again for more.
    #[must_use]
    pub fn honeypot(mut self, field: impl Into<String>) -> Self {
        self.honeypot.push(field.into());
        self
    }

    /// Watch what clients do on these routes; may be called again for more.
    #[must_use]
    pub fn behaviour(mut self, rule: BehaviourRule) -> Self {
        self.behaviour.push(rule);
        self
    }

    /// Ask the hook registered as `name` before the request is inspected; may be called again for more.
    #[must_use]
    pub fn validator(mut self, name: impl Into<String>) -> Self {
        self.validators.push(name.into());
        self
    }

    /// Ask the hook registered as `name` after every other check; may be called again for more, asked in this order.
    #[must_use]
    pub fn hook(mut self, name: impl Into<String>) -> Self {
        self.hooks.push(name.into());
        self
    }
}

impl Hours {
    /// From one minute to another, as `HH:MM`, in UTC.
    #[must_use]
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
