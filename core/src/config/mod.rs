//! Configuration: one type for files and for code, compiled into an [`Engine`](crate::Engine).
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
mod document;
mod error;
mod inspect;
pub(crate) mod node;
mod operation;
mod pattern;
pub(crate) mod policy;
mod quantity;
mod rate_key;
pub(crate) mod read;
#[cfg(feature = "toml")]
mod reference;
mod responses;
mod return_pattern;
mod route;
pub(crate) mod section;
mod sections;
mod strike;
mod text_values;
pub(crate) mod values;
mod write;

use alloc::string::String;

pub use behaviour::{Behaviour, BehaviourAction, BehaviourKind, BehaviourRule};
pub use document::Config;
pub use error::{ConfigError, ConfigErrors, ValueError};
pub use inspect::{Body, Detect, Exclude, OnIncomplete};
pub use operation::{Events, Hooks, Log, LogLevel, Metric, OnFailure};
pub use pattern::{Pattern, PatternLocation};
pub use policy::{TimeOfDay, TimeZone, Weekday};
pub use quantity::{ByteSize, HumanDuration, Rate};
pub use rate_key::RateKey;
#[cfg(feature = "toml")]
pub use reference::{field_paths, reference};
pub use responses::{Cors, ErrorFormat, Errors, Headers, Hsts};
pub use return_pattern::ReturnPattern;
pub use route::Route;
pub use sections::{
    Access, Ban, ClassBan, Client, Emergency, EndpointRate, OnMissingFacts, OnUnavailable, OnUnknownClient,
    RateFields, RateLimits, RetryAfter, Site, Trap,
};
pub use strike::StrikeReason;
pub(crate) use text_values::header_name;
pub use text_values::{CloudRule, Country, Csp, StatusPattern, TrustedProxy};

#[cfg(feature = "toml")]
use node::Node;
pub(crate) use node::expected;
pub(crate) use read::Item;
#[cfg(feature = "toml")]
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
