//! Configuration: one type for files and for code, and one door from it to an [`Engine`].
//!
//! [`Config::from_toml`] and [`Config::from_json`] read a document, [`Config::default`] protects by itself, and
//! [`Config::compile`] checks what no single field can know and builds the engine. Reading and compiling report every
//! problem with the path of its field, and an unknown field with the nearest name that exists.
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
use section::section;
pub(crate) use values::{Item, expected};

section! {
    /// Everything an operator can decide. Fields are public: code sets them, files fill them.
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
        /// Report what would be refused and refuse nothing. Default: false.
        leaf passive: bool = false,
        /// Checks that report and refuse nothing, by name, such as `user_agent`. Default: empty.
        leaf shadow: Vec<String> = Vec::new(),
        /// Paths, with everything below them, for which only lists, bans and limits are checked, such as `/static`. A path
        /// that can be read in two ways never matches. Default: empty.
        leaf exclude_paths: Vec<String> = Vec::new(),
        /// Refuse requests that no route of the application serves with 500, before it can answer 404. Default: false.
        leaf strict_routes: bool = false,
        /// Who is asking.
        section client: Client = Client::default(),
        /// Where they are asking.
        section site: Site = Site::default(),
        /// A lock-down.
        section emergency: Emergency = Emergency::default(),
        /// Who may ask.
        section access: Access = Access::default(),
        /// What nobody asks for by accident.
        section trap: Trap = Trap::default(),
        /// How often.
        section rate: RateLimits = RateLimits::default(),
        /// What attacks cost a client.
        section ban: Ban = Ban::default(),
        /// What clients do over time.
        section behaviour: Behaviour = Behaviour::default(),
        /// Which attacks are looked for, and where not.
        section detect: Detect = Detect::default(),
        /// Which bodies are read.
        section body: Body = Body::default(),
        /// Whom in the application to ask.
        section hooks: Hooks = Hooks::default(),
        /// Headers set on every response.
        section headers: Headers = Headers::default(),
        /// Which other sites may call.
        section cors: Cors = Cors::default(),
        /// What a refused client reads.
        section errors: Errors = Errors::default(),
        /// Lines about requests.
        section log: Log = Log::default(),
        /// What sinks are told.
        section events: Events = Events::default(),
        /// Policies of routes, by the pattern under which the framework knows them.
        sections route: Vec<Route> = Vec::new(),
    }
}

impl crate::RoutePolicy {
    /// Read a TOML document with the fields of a policy.
    ///
    /// # Errors
    /// Every problem of the document, or where it stops being TOML. What contradicts the configuration shows when the policy
    /// is registered.
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        let node = toml::from_str::<Node>(text).map_err(|error| not_parsed("TOML", &error))?;
        let mut errors = ConfigErrors::default();
        let mut policy = Self::default();
        read::read(node, &mut policy, &mut errors);
        errors.into_result(policy)
    }
}

/// The error of a document that is not of this language.
pub(crate) fn not_parsed(language: &str, error: &dyn core::fmt::Display) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    let text = alloc::format!("{error}");
    errors.push(String::new(), alloc::format!("not {language}: {}", text.trim_end()));
    errors
}

#[cfg(test)]
mod tests;
