//! What one group of routes wants, on top of the global configuration.
//!
//! A policy is built in code, registered by name and attached to the real route, so it cannot name a path that does not
//! exist. How it combines with the configuration:
//!
//! | concern | together |
//! |---|---|
//! | rates | all act; each has a counter of its own, shared by all paths of the route |
//! | `allow` | replaces both global lists; the client then counts as neither allow-listed nor exempt |
//! | `deny` | added to the global list |
//! | detection on or off, classes | replaces |
//! | exclusions | added |
//! | body | replaces |
//! | bypass | switches off the named checks |

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::{ByteSize, Exclude, Rate};
use crate::net::Cidr;

/// A registered policy: an index into the policies of the guard it was registered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyHandle {
    pub(crate) index: u16,
    /// From the name: a handle of another guard must not pass for one of this.
    pub(crate) name: u32,
}

/// The wishes of a group of routes.
///
/// ```
/// use portcullis_core::{Check, Rate, RoutePolicy};
///
/// let login = RoutePolicy::new().rate(Rate::per_minute(5)).deny("198.51.100.0/24".parse()?);
/// let health = RoutePolicy::new().bypass(Check::RateLimit);
/// # Ok::<(), portcullis_core::net::CidrError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoutePolicy {
    pub(crate) rates: Vec<RouteRate>,
    pub(crate) allow: Vec<Cidr>,
    pub(crate) deny: Vec<Cidr>,
    pub(crate) bypass: Vec<crate::Check>,
    pub(crate) detect: Option<bool>,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) exclude: Vec<Exclude>,
    pub(crate) body: Option<BodyRule>,
    pub(crate) verify: Option<Verification>,
    pub(crate) hooks: Vec<String>,
}

/// One limit of a route.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteRate {
    pub(crate) limit: Rate,
    pub(crate) key: Vec<String>,
}

/// What to do with the body of a request before the handler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyRule {
    /// Hand it through unread. The verdict says so.
    Skip,
    /// Read and inspect all of it, up to this many bytes; a longer one is refused with 413, or passes uninspected beyond
    /// this when `detect.on_incomplete` is `allow`.
    Inspect(ByteSize),
    /// Read and inspect this many bytes, then hand everything through; the verdict says what was not seen.
    Prefix(ByteSize),
}

/// Where a credential is found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// `Authorization: Bearer ...`; the scheme in any case.
    Bearer,
    /// `Authorization: Basic ...`, still in base64.
    Basic,
    /// The whole value of this header.
    Header(String),
}

/// A credential that the application's verifier of this name must accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verification {
    pub(crate) credential: Credential,
    pub(crate) verifier: String,
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

    /// Limit by something else than the client: see [`Rates::key`](crate::config::Rates::key) for what a part can be.
    #[must_use]
    pub fn rate_by<K: Into<String>>(mut self, key: impl IntoIterator<Item = K>, limit: Rate) -> Self {
        self.rates.push(RouteRate { limit, key: key.into_iter().map(Into::into).collect() });
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

    /// Switch a check off on these routes.
    #[must_use]
    pub fn bypass(mut self, check: crate::Check) -> Self {
        self.bypass.push(check);
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

    /// Require a credential that the verifier registered as `verifier` accepts. Without one, or when the verifier
    /// refuses, the answer is 401; a failing verifier refuses.
    #[must_use]
    pub fn verify(mut self, credential: Credential, verifier: impl Into<String>) -> Self {
        self.verify = Some(Verification { credential, verifier: verifier.into() });
        self
    }

    /// The verifier that is required, if one is.
    #[must_use]
    pub fn verifier(&self) -> Option<&str> {
        self.verify.as_ref().map(|verify| verify.verifier.as_str())
    }

    /// The hooks that are asked.
    pub fn hooks(&self) -> impl Iterator<Item = &str> {
        self.hooks.iter().map(String::as_str)
    }

    /// Ask the hook registered as `name` after every other check; may be called again for more, asked in this order.
    #[must_use]
    pub fn hook(mut self, name: impl Into<String>) -> Self {
        self.hooks.push(name.into());
        self
    }
}
