//! The events about a client that exceeds a rule, in the terms of the family.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::outcome::ActionOutcome;
use crate::config::{BehaviourAction, BehaviourKind};
use crate::event::{EventKind, MetaValue};
use crate::rules::behaviour::{Rule, RuleScope};
use crate::time::Timestamp;

/// An event without the fields of its request.
pub(crate) struct EventDraft {
    pub(crate) kind: EventKind,
    pub(crate) action: &'static str,
    pub(crate) handler: &'static str,
    pub(crate) reason: String,
    pub(crate) metadata: Vec<(&'static str, MetaValue)>,
}

/// One violation.
pub(crate) struct Violation<'v> {
    pub(crate) rule: &'v Rule,
    pub(crate) scope: RuleScope,
    /// The policy of the route, or `*` for all of them.
    pub(crate) endpoint: &'v str,
    pub(crate) outcome: ActionOutcome,
    /// The threshold was halved, because the client has strikes for attacks.
    pub(crate) correlated: bool,
    /// The rule is report-only, so there was no consequence.
    pub(crate) report_only: bool,
}

impl Violation<'_> {
    /// The two events of every violation.
    pub(crate) fn drafts(&self) -> [EventDraft; 2] {
        let (details, pattern) =
            (self.details(), crate::text::printable(self.rule.pattern.as_bytes(), MAX_PATTERN));
        let (global, route) = (self.scope == RuleScope::Global, self.scope == RuleScope::Route);
        let first = match self.rule.kind {
            BehaviourKind::ReturnPattern if global => format!("Global {}", lower_first(&details)),
            BehaviourKind::ReturnPattern => details.clone(),
            _ => format!("Behavioral {}", lower_first(&details).replacen("usage", self.kind(), 1)),
        };
        let mut metadata: Vec<(&'static str, MetaValue)> = alloc::vec![
            ("decorator_type", if route { "behavioral" } else { "behavioral_global" }.into()),
            ("violation_type", self.kind().into()),
            ("threshold", self.threshold().into()),
            ("window", self.window().into()),
            ("action", self.action_name().into()),
            ("endpoint_id", String::from(self.endpoint).into()),
        ];
        if !pattern.is_empty() {
            metadata.push(("pattern", pattern.into()));
        }
        if self.rule.halved.is_some() {
            metadata.push(("correlation", self.correlated.into()));
        }
        let second = alloc::vec![
            ("endpoint", String::from(self.endpoint).into()),
            ("rule_type", self.kind().into()),
            ("threshold", self.threshold().into()),
            ("window", self.window().into()),
        ];
        [
            EventDraft {
                kind: EventKind::DecoratorViolation,
                action: "behavioral_action_triggered",
                handler: "middleware",
                reason: if self.correlated { format!("{first} (correlated)") } else { first },
                metadata,
            },
            EventDraft {
                kind: EventKind::BehavioralViolation,
                action: self.action(),
                handler: "behavior",
                reason: format!("Behavioral rule violated: {details}"),
                metadata: second,
            },
        ]
    }

    fn details(&self) -> String {
        let (threshold, window) = (self.threshold(), self.window());
        match self.rule.kind {
            BehaviourKind::ReturnPattern => {
                let pattern = crate::text::printable(self.rule.pattern.as_bytes(), MAX_PATTERN);
                format!("Return pattern threshold exceeded: {threshold} for '{pattern}' in {window}s")
            }
            _ => format!("Usage threshold exceeded: {threshold} calls in {window}s"),
        }
    }

    fn kind(&self) -> &'static str {
        match self.rule.kind {
            BehaviourKind::Usage => "usage",
            BehaviourKind::Frequency => "frequency",
            BehaviourKind::ReturnPattern => "return_pattern",
        }
    }

    /// The threshold that was applied.
    fn threshold(&self) -> u32 {
        if self.correlated { (self.rule.threshold / 2).max(1) } else { self.rule.threshold }
    }

    fn window(&self) -> u64 {
        self.rule.quota.window().as_secs()
    }

    fn action_name(&self) -> &'static str {
        match self.rule.action {
            BehaviourAction::Ban => "ban",
            BehaviourAction::Log => "log",
            BehaviourAction::Throttle => "throttle",
            BehaviourAction::Alert => "alert",
        }
    }

    /// The action of the event; `tracked` for a ban that was not applied.
    fn action(&self) -> &'static str {
        match (self.rule.action, self.outcome) {
            _ if self.report_only => "logged_only",
            (BehaviourAction::Ban, ActionOutcome::NoAction | ActionOutcome::BanRejected) => "tracked",
            _ => self.action_name(),
        }
    }
}

/// The maximum number of bytes of a pattern in events.
const MAX_PATTERN: usize = 128;

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The event about a ban.
pub(crate) fn banned(reason: String, now: Timestamp, until: Timestamp) -> EventDraft {
    EventDraft {
        kind: EventKind::IpBanned,
        action: "banned",
        handler: "ip_ban",
        reason,
        metadata: alloc::vec![("duration", until.since(now).as_secs().into())],
    }
}

/// The event about a ban that the store rejected at its capacity.
pub(crate) fn ban_failed(client: Option<IpAddr>) -> EventDraft {
    use alloc::string::ToString;
    let client = client.map_or_else(|| "unknown".into(), |address| address.to_string());
    EventDraft {
        kind: EventKind::IpBanFailed,
        action: "ban_not_applied",
        handler: "middleware",
        reason: format!("Ban of {client} rejected: the ban budget of the store is used up"),
        metadata: alloc::vec![("ip_address", client.into())],
    }
}
