//! The `[behaviour]` sections: rules over many requests of one client.

use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{ByteSize, HumanDuration, Rate, ReturnPattern};

section! {
    /// `[behaviour]`: rules over many requests of one client. They do not apply to clients that are exempt from limits.
    pub struct Behaviour {
        /// Rules for all routes. Rules of one route belong to its policy.
        sections rule: Vec<BehaviourRule> = Vec::new(),
        /// Responses with 404 to one client after which it is throttled. Default: null, not counted.
        leaf not_found: Option<Rate> = None,
        /// Responses with 401, 403, 404, 405 or 410 to one client, on any path, after which it is throttled as a
        /// scanner. Default: null, not counted.
        leaf enumeration: Option<Rate> = None,
        /// Duration of these two throttles; 1s to 31d. Default: 5min.
        leaf throttle_for: HumanDuration = HumanDuration::secs(300),
        /// Whether rules may inspect response bodies: `json:`, `regex:` and text patterns. Default: false.
        leaf inspect_responses: bool = false,
        /// Bytes of a response that such rules inspect; 1KiB to 10MiB. Default: 64KiB.
        leaf response_prefix: ByteSize = ByteSize::kib(64),
    }
}

section! {
    /// `[[behaviour.rule]]`: a threshold for one client, and the action beyond it.
    pub struct BehaviourRule {
        /// What is counted. Default: `usage`.
        leaf kind: BehaviourKind = BehaviourKind::Usage,
        /// Allowed number within `window`; at least 1. Default: 1.
        leaf threshold: u32 = 1,
        /// Length of the sliding window; 1s to 31d. Default: 1h.
        leaf window: HumanDuration = HumanDuration::secs(3600),
        /// Responses to count, for `return_pattern`: `status:404` or `status:4xx`, `json:path.to[].value==text`,
        /// `regex:...`, or a text that they contain, in any case. Default: none.
        leaf pattern: Option<ReturnPattern> = None,
        /// Action beyond the threshold. Default: `log`.
        leaf action: BehaviourAction = BehaviourAction::Log,
        /// Duration of `ban`; 1s to 366d. Default: 1h.
        leaf ban_for: HumanDuration = HumanDuration::secs(3600),
        /// Duration of `throttle`, which replies 429; 1s to 31d. Afterwards the count starts at zero. Every request
        /// looks up each distinct duration, so use few. Default: 1min.
        leaf throttle_for: HumanDuration = HumanDuration::secs(60),
        /// Halve the threshold for a client with strikes. Default: false.
        leaf correlate: bool = false,
    }
}

impl BehaviourRule {
    /// Apply `action` to more than `threshold` requests within `window`.
    #[must_use]
    pub fn usage(threshold: u32, window: core::time::Duration, action: BehaviourAction) -> Self {
        Self { threshold, window: HumanDuration(window), action, ..Self::default() }
    }

    /// Apply `action` to more than `threshold` responses that match `pattern` within `window`.
    ///
    /// ```
    /// use core::time::Duration;
    /// use portcullis_core::config::{BehaviourAction, BehaviourRule, StatusPattern};
    ///
    /// let hour = Duration::from_secs(3600);
    /// BehaviourRule::returns(StatusPattern::CLIENT_ERROR, 50, hour, BehaviourAction::Throttle);
    /// ```
    #[must_use]
    pub fn returns(
        pattern: impl Into<ReturnPattern>,
        threshold: u32,
        window: core::time::Duration,
        action: BehaviourAction,
    ) -> Self {
        Self {
            kind: BehaviourKind::ReturnPattern,
            pattern: Some(pattern.into()),
            ..Self::usage(threshold, window, action)
        }
    }
}

/// What a rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BehaviourKind {
    /// Requests.
    #[default]
    Usage,
    /// Requests too; the family's name for a rate of requests.
    Frequency,
    /// Responses that match `pattern`.
    ReturnPattern,
}

impl Choice for BehaviourKind {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("usage", Self::Usage), ("frequency", Self::Frequency), ("return_pattern", Self::ReturnPattern)];
}

/// The action for a client beyond the threshold of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BehaviourAction {
    /// Ban the client.
    Ban,
    /// Report it.
    #[default]
    Log,
    /// Reject it with 429 for a time.
    Throttle,
    /// Report it with the action `alert`.
    Alert,
}

impl Choice for BehaviourAction {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("ban", Self::Ban), ("log", Self::Log), ("throttle", Self::Throttle), ("alert", Self::Alert)];
}
