//! The `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers-10: the quota of the tightest limit that applied, the
//! remaining hits, and the seconds until the reset.

use alloc::format;
use alloc::string::String;

use http::{HeaderName, HeaderValue};

use crate::time::seconds;
use crate::verdict::RateState;

/// `RateLimit-Policy` and `RateLimit`.
pub(crate) fn rate_fields(rate: RateState) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let (limit, remaining) = (rate.limit, rate.remaining);
    let (window, reset) = (seconds(rate.window).max(1), seconds(rate.reset));
    let policy = field("ratelimit-policy", format!("\"default\";q={limit};w={window}"));
    let state = field("ratelimit", format!("\"default\";r={remaining};t={reset}"));
    policy.into_iter().chain(state)
}

fn field(name: &'static str, value: String) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
}
