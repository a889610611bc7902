//! The checks by name, and sets of them.

/// The checks of the engine, in their order; with the names of the family's pipeline where it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Check {
    /// The route's policy was not found, or the guard is installed incorrectly.
    RouteConfig,
    /// The client's address could not be determined.
    ClientAddress,
    /// The emergency mode.
    EmergencyMode,
    /// Lists of addresses and countries, global and of the route.
    IpSecurity,
    /// Lists of cloud providers.
    CloudProvider,
    /// The host that the request names.
    Host,
    /// Lists of user agents.
    UserAgent,
    /// Trap paths and honeypot fields.
    Trap,
    /// Bans.
    IpBan,
    /// Rate limits.
    RateLimit,
    /// Behaviour rules, and their throttling.
    Behaviour,
    /// The store is unavailable and a rule is set to `deny`.
    State,
    /// HTTPS.
    HttpsEnforcement,
    /// Size, type, encoding and completeness of the body.
    RequestSizeContent,
    /// Headers that a route requires.
    RequiredHeaders,
    /// Credentials.
    Authentication,
    /// The `Referer`.
    Referrer,
    /// Hooks that run before inspection.
    CustomValidators,
    /// The hours of a route.
    TimeWindow,
    /// Attack detection.
    SuspiciousActivity,
    /// Hooks that run after all other checks.
    CustomRequest,
    /// CORS preflights.
    Cors,
}

/// Every check with its name.
const CHECKS: [(Check, &str); 22] = [
    (Check::RouteConfig, "route_config"),
    (Check::ClientAddress, "client_address_unresolved"),
    (Check::EmergencyMode, "emergency_mode"),
    (Check::IpSecurity, "ip_security"),
    (Check::CloudProvider, "cloud_provider"),
    (Check::Host, "host"),
    (Check::UserAgent, "user_agent"),
    (Check::Trap, "trap"),
    (Check::IpBan, "ip_ban"),
    (Check::RateLimit, "rate_limit"),
    (Check::Behaviour, "behaviour"),
    (Check::State, "state"),
    (Check::HttpsEnforcement, "https_enforcement"),
    (Check::RequestSizeContent, "request_size_content"),
    (Check::RequiredHeaders, "required_headers"),
    (Check::Authentication, "authentication"),
    (Check::Referrer, "referrer"),
    (Check::CustomValidators, "custom_validators"),
    (Check::TimeWindow, "time_window"),
    (Check::SuspiciousActivity, "suspicious_activity"),
    (Check::CustomRequest, "custom_request"),
    (Check::Cors, "cors"),
];

impl Check {
    /// The name in configuration, events, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        CHECKS[self as usize].1
    }

    /// Every check.
    pub fn all() -> impl Iterator<Item = Self> {
        CHECKS.into_iter().map(|(check, _)| check)
    }

    /// The check of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CHECKS.iter().find(|(_, known)| *known == name).map(|(check, _)| *check)
    }
}

/// A set of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CheckSet(u32);

impl CheckSet {
    pub(crate) const fn with(self, check: Check) -> Self {
        Self(self.0 | 1 << check as u8)
    }

    pub(crate) const fn has(self, check: Check) -> bool {
        self.0 & 1 << check as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_checks_is_in_the_order_of_the_checks() {
        for (index, check) in Check::all().enumerate() {
            assert_eq!(check as usize, index, "{}", check.name());
            assert_eq!(Check::named(check.name()), Some(check));
        }
    }
}
