//! The whole configuration.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::{
    Access, Ban, Behaviour, Body, Client, Cors, Detect, Emergency, Errors, Events, Headers, Hooks, Log,
    RateLimits, Route, Site, Trap,
};

section! {
    /// The whole configuration. Fields are public, and each has a setter; documents fill them, too.
    ///
    /// ```
    /// use portcullis_core::config::{Client, RateLimits};
    /// use portcullis_core::{Config, Rate};
    ///
    /// let config = Config::default()
    ///     .rate(RateLimits::default().limit(Rate::per_minute(300)))
    ///     .client(Client::default().trusted_proxies(["10.0.0.0/8".parse()?]))
    ///     .passive(true);
    /// let engine = config.compile()?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub struct Config {
        /// Report-only mode: report what would be rejected and reject nothing. Default: false.
        leaf passive: bool = false,
        /// Checks in report-only mode, by name, such as `user_agent`. Default: empty.
        leaf shadow: Vec<crate::Check> = Vec::new(),
        /// Paths, with everything below them, for which only access lists, bans and rate limits are checked, such as `/static`. A
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
