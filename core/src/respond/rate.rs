//! The `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers-10: the quota of the tightest limit that applied, the
//! remaining hits, and the seconds until the reset.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::state::Count;
use crate::time::{Timestamp, seconds};
use crate::verdict::RateState;

/// `RateLimit-Policy` and `RateLimit`.
pub(crate) fn rate_fields(rate: RateState) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let (limit, remaining) = (rate.limit, rate.remaining);
    let (window, reset) = (seconds(rate.window).max(1), seconds(rate.reset));
    let policy = field("ratelimit-policy", format!("\"default\";q={limit};w={window}"));
    let state = field("ratelimit", format!("\"default\";r={remaining};t={reset}"));
    policy.into_iter().chain(state)
}

impl RateState {
    /// The state of a limit over `window` after a count at `now`.
    #[must_use]
    pub fn new(count: Count, window: Duration, now: Timestamp) -> Self {
        let until = if count.within { count.reset_at } else { count.retry_at };
        Self { limit: count.limit, remaining: count.remaining(), window, reset: until.since(now) }
    }

    /// The fields `RateLimit-Policy` and `RateLimit` of a response.
    pub fn fields(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        rate_fields(self)
    }
}

fn field(name: &'static str, value: String) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
}
