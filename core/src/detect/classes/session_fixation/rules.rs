//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&OF_FRAMEWORK];

pub(super) static OF_FRAMEWORK: Rule = Rule::new(
    Class::SessionFixation,
    "session_fixation.framework",
    100,
    "carries a session identifier from another site",
    &[
        "PHPSESSID",
        "jsessionid",
        "ASP.NET_SessionId",
        "ASPSESSIONIDQQBBCSDR",
        "laravel_session",
        "connect.sid",
    ],
    &["session", "session_id", "connect", "sid", "jsessionidea", "sessions_per_page"],
)
.at(Location::LinkedName, "session");
