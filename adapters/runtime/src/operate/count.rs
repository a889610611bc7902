//! Counts of the application in the store of the guard, such as failed log-ins by account.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use portcullis_core::config::OnUnavailable;
use portcullis_core::state::{Batch, Key, Op, Reply, Scope, Subject};
use portcullis_core::{Rate, RateState};

use crate::guard::Guard;

impl Guard {
    /// Count a hit of `subject` under the limit `rate`. Counts of one `name` belong together; `subject` is an account, a tenant or
    /// what else the application counts, and is stored as a digest only. Use one rate for each name. Passive mode has no effect: the
    /// application decides what follows.
    ///
    /// The count is in the store of the guard, so that a fleet shares it. While the store does not reply, `rate.on_unavailable`
    /// decides: this process counts alone, the hit is within the limit, or it is not.
    ///
    /// ```
    /// use portcullis_runtime::{Config, Guard, Rate};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), portcullis_runtime::ConfigErrors> {
    /// let guard = Guard::build(Config::default())?;
    /// for _ in 0..5 {
    ///     assert!(guard.count("log-in", "ann@example.org", Rate::per_minute(5)).await.is_within());
    /// }
    /// let sixth = guard.count("log-in", "ann@example.org", Rate::per_minute(5)).await;
    /// assert!(!sixth.is_within());
    /// assert!(sixth.headers().contains_key("retry-after"));
    /// # Ok(()) }
    /// ```
    pub async fn count(&self, name: &str, subject: impl AsRef<[u8]>, rate: Rate) -> ApplicationCount {
        self.count_cost(name, subject, rate, 1).await
    }

    /// [`Guard::count`] for a hit that counts as `cost` hits. With a cost of zero nothing is counted: the result is whether one more
    /// hit would be within the limit. So a handler can check before a log-in, and count only a failure.
    pub async fn count_cost(
        &self,
        name: &str,
        subject: impl AsRef<[u8]>,
        rate: Rate,
        cost: u32,
    ) -> ApplicationCount {
        let now = self.0.clock.now();
        let quota = rate.quota();
        let key = Key::new(Scope::Application, name, Subject::digest(&[name.as_bytes(), subject.as_ref()]));
        let mut batch = Batch::new(now);
        batch.push(Op::Hit { key, quota, cost });
        let on_unavailable = self.engine().config().rate.on_unavailable;
        let replies = self.0.apply(&batch, on_unavailable, &mut false).await;
        match replies.ok().and_then(|replies| replies.first().copied()) {
            Some(Reply::Count(count)) => ApplicationCount {
                // A look-up is about the next hit.
                is_within: count.within && (cost > 0 || count.used < count.limit),
                retry_after: count.retry_at.since(now),
                rate: Some(RateState::new(count, quota.window(), now)),
            },
            _ => {
                let is_within = on_unavailable != OnUnavailable::Deny;
                ApplicationCount { is_within, retry_after: Duration::from_secs(1), rate: None }
            }
        }
    }
}

/// The result of [`Guard::count`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationCount {
    is_within: bool,
    retry_after: Duration,
    rate: Option<RateState>,
}

impl ApplicationCount {
    /// Whether the hit is within the limit.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.is_within
    }

    /// The state of the limit; `None` while the store does not reply.
    #[must_use]
    pub fn rate(&self) -> Option<RateState> {
        self.rate
    }

    /// The time until one more hit passes, if no other is counted until then; one second while the store does not reply.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// The fields of a response: `RateLimit-Policy` and `RateLimit`, and `Retry-After` beyond the limit.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers: HeaderMap = self.rate.into_iter().flat_map(RateState::fields).collect();
        if !self.is_within {
            let seconds = self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        headers
    }
}
