//! Configuration: one type for files and for code, compiled into an [`Engine`].
//!
//! [`Config::from_toml`] and [`Config::from_json`] parse a document, [`Config::default`] protects without any setting,
//! and [`Config::compile`] checks constraints between fields and builds the engine. Parsing and compiling report every
//! error with the path of its field, and an unknown field with the nearest known name.
//!
//! ```
//! use portcullis_core::Config;
//!
//! let errors = Config::from_toml("[rate]\nlimt = \"10/min\"\n[client]\nipv6_prefix = 200").unwrap_err();
//! let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
//! assert_eq!(texts[0], "rate.limt: unknown field; did you mean `limit`?");
//! assert_eq!(texts[1], "client.ipv6_prefix: 200 is out of range; write 32 to 128");
//! ```

mod behaviour;
mod error;
mod inspect;
pub(crate) mod node;
mod operation;
mod pattern;
pub(crate) mod policy;
mod quantity;
pub(crate) mod read;
mod reference;
mod responses;
mod route;
pub(crate) mod section;
mod sections;
mod text_values;
pub(crate) mod values;
mod write;

use alloc::string::String;

pub use behaviour::{Behaviour, BehaviourAction, BehaviourKind, BehaviourRule};
pub use error::{ConfigError, ConfigErrors};
pub use inspect::{Body, Detect, Exclude, OnIncomplete};
pub use operation::{Events, Hooks, Log, LogLevel, OnFailure};
pub use pattern::Pattern;
pub use quantity::{ByteSize, HumanDuration, Rate, RateError};
pub use reference::{field_paths, reference};
pub use responses::{Cors, ErrorFormat, Errors, Headers, Hsts};
pub use route::Route;
pub use sections::{
    Access, Ban, ClassBan, Client, Emergency, EndpointRate, OnMissingFacts, OnUnavailable, OnUnknownClient,
    RateFields, RateLimits, RetryAfter, Site, Trap,
};
pub use text_values::{CloudRule, Country, Csp, StatusPattern};

use alloc::vec::Vec;

use node::Node;
pub(crate) use node::expected;
pub(crate) use read::Item;
use section::section;

section! {
    /// The whole configuration. Fields are public: code sets them, documents fill them.
    ///
    /// ```
    /// use portcullis_core::{Config, Rate};
    ///
    /// let mut config = Config::default();
    /// config.rate.limit = Some(Rate::per_minute(300));
    /// config.client.trusted_proxies = vec!["10.0.0.0/8".into()];
    /// let engine = config.compile()?;
    /// # Ok::<(), portcullis_core::config::ConfigErrors>(())
    /// ```
    pub struct Config {
        /// Report-only mode: report what would be rejected and reject nothing. Default: false.
        leaf passive: bool = false,
        /// Checks in report-only mode, by name, such as `user_agent`. Default: empty.
        leaf shadow: Vec<String> = Vec::new(),
        /// Paths, with everything below them, for which only lists, bans and limits are checked, such as `/static`. A
        /// path with escapes, dots or empty segments never matches. Default: empty.
        leaf exclude_paths: Vec<String> = Vec::new(),
        /// Reject requests without a route of the application with 500, before it replies 404. Default: false.
        leaf strict_routes: bool = false,
        /// Client identification.
        section client: Client = Client::default(),
        /// Host and HTTPS.
        section site: Site = Site::default(),
        /// Lock-down.
        section emergency: Emergency = Emergency::default(),
        /// Access lists.
        section access: Access = Access::default(),
        /// Trap paths.
        section trap: Trap = Trap::default(),
        /// Rate limits.
        section rate: RateLimits = RateLimits::default(),
        /// Bans.
        section ban: Ban = Ban::default(),
        /// Behaviour rules.
        section behaviour: Behaviour = Behaviour::default(),
        /// Attack detection.
        section detect: Detect = Detect::default(),
        /// Request bodies.
        section body: Body = Body::default(),
        /// Application callbacks.
        section hooks: Hooks = Hooks::default(),
        /// Security headers.
        section headers: Headers = Headers::default(),
        /// Cross-origin resource sharing.
        section cors: Cors = Cors::default(),
        /// Responses to rejected requests.
        section errors: Errors = Errors::default(),
        /// Log lines about requests.
        section log: Log = Log::default(),
        /// Events and metrics.
        section events: Events = Events::default(),
        /// Route policies, by the framework's route pattern.
        sections route: Vec<Route> = Vec::new(),
    }
}

impl crate::RoutePolicy {
    /// Parse a TOML document with the fields of a policy.
    ///
    /// # Errors
    /// All errors of the document, or the position of the first syntax error. Conflicts with the configuration are
    /// reported when the policy is registered.
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        let node = toml::from_str::<Node>(text).map_err(|error| not_parsed("TOML", &error))?;
        let mut errors = ConfigErrors::default();
        let mut policy = Self::default();
        read::read(node, &mut policy, &mut errors);
        errors.into_result(policy)
    }
}

/// The error for a document that does not parse in `language`.
pub(crate) fn not_parsed(language: &str, error: &dyn core::fmt::Display) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    let text = alloc::format!("{error}");
    errors.push(String::new(), alloc::format!("not {language}: {}", text.trim_end()));
    errors
}

#[cfg(test)]
mod tests;
