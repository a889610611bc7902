//! The sections about what clients do over time.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{ByteSize, HumanDuration, Rate};

section! {
    /// `[behaviour]`: rules over many requests of one client. Clients that are exempt from limits are not watched.
    pub struct Behaviour {
        /// Rules for all routes. Those of a route stand in its policy.
        sections rule: Vec<BehaviourRule> = Vec::new(),
        /// So many responses 404 to one client before it is throttled. Default: null, not watched.
        leaf not_found: Option<Rate> = None,
        /// So many responses 401, 403, 404, 405 or 410 to one client, whatever the path, before it is throttled: somebody who
        /// tries doors. Default: null, not watched.
        leaf enumeration: Option<Rate> = None,
        /// How long these two throttle; 1s to 31d. Default: 5min.
        leaf throttle_for: HumanDuration = HumanDuration::secs(300),
        /// Whether rules may look into response bodies: `json:`, `regex:` and text patterns. Default: false.
        leaf inspect_responses: bool = false,
        /// Bytes of a response that such rules see; 1KiB to 10MiB. Default: 64KiB.
        leaf response_prefix: ByteSize = ByteSize::kib(64),
    }
}

section! {
    /// `[[behaviour.rule]]`: what one client may do so often.
    pub struct BehaviourRule {
        /// What is counted. Default: `usage`.
        leaf kind: BehaviourKind = BehaviourKind::Usage,
        /// How many within `window` are still fine; at least 1. Default: 1.
        leaf threshold: u32 = 1,
        /// How long one is remembered; 1s to 31d. Default: 1h.
        leaf window: HumanDuration = HumanDuration::secs(3600),
        /// Which responses count, for `return_pattern`: `status:404` or `status:4xx`, `json:path.to[].value==text`,
        /// `regex:...`, or a text they hold, in any case. Default: none.
        leaf pattern: Option<String> = None,
        /// What happens beyond the threshold. Default: `log`.
        leaf action: BehaviourAction = BehaviourAction::Log,
        /// How long `ban` lasts; 1s to 366d. Default: 1h.
        leaf ban_for: HumanDuration = HumanDuration::secs(3600),
        /// How long `throttle` answers 429; 1s to 31d. Then the client starts again from zero. Every request looks up each
        /// length that rules of one place use, so let them share one. Default: 1min.
        leaf throttle_for: HumanDuration = HumanDuration::secs(60),
        /// Halve the threshold for a client that has points from attacks. Default: false.
        leaf correlate: bool = false,
    }
}

impl BehaviourRule {
    /// More than `threshold` requests within `window` lead to `action`.
    #[must_use]
    pub fn usage(threshold: u32, window: core::time::Duration, action: BehaviourAction) -> Self {
        Self { threshold, window: HumanDuration(window), action, ..Self::default() }
    }

    /// More than `threshold` responses like `pattern` within `window` lead to `action`.
    #[must_use]
    pub fn returns(
        pattern: impl Into<String>,
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
    /// Requests too; the family's name for a rule that is written as a frequency.
    Frequency,
    /// Responses like `pattern`.
    ReturnPattern,
}

impl Choice for BehaviourKind {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("usage", Self::Usage), ("frequency", Self::Frequency), ("return_pattern", Self::ReturnPattern)];
}

/// What happens to a client that goes beyond a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BehaviourAction {
    /// It is banned.
    Ban,
    /// It is reported.
    #[default]
    Log,
    /// It is answered 429 for a while.
    Throttle,
    /// It is reported, with the action `alert`.
    Alert,
}

impl Choice for BehaviourAction {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("ban", Self::Ban), ("log", Self::Log), ("throttle", Self::Throttle), ("alert", Self::Alert)];
}
