//! The sections about operation: application callbacks, log lines, events.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use crate::event::EventKind;

section! {
    /// `[hooks]`: application callbacks, by the names under which verifiers and hooks are registered.
    pub struct Hooks {
        /// The verifier of routes that require a credential without naming one. Default: none.
        leaf verifier: Option<String> = None,
        /// Hooks that run before inspection of every request. Default: empty.
        leaf before: Vec<String> = Vec::new(),
        /// Hooks that run after all other checks of every request. Default: empty.
        leaf after: Vec<String> = Vec::new(),
        /// Handling of a verifier or hook that fails, panics, times out or is not registered. Default: `deny`.
        leaf on_failure: OnFailure = OnFailure::Deny,
    }
}

/// Handling of a callback without a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Reject the request: 401 for a verifier, 500 for a hook.
    #[default]
    Deny,
    /// Allow it to pass this check.
    Allow,
}

impl Choice for OnFailure {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[log]`: log lines about requests, written to `tracing` without secrets.
    pub struct Log {
        /// Level of the line about every request. Default: `off`.
        leaf requests: LogLevel = LogLevel::Off,
        /// Level of the line about a rejection, report-only ones included. Default: `warn`.
        leaf rejections: LogLevel = LogLevel::Warn,
        /// Checks without log lines. Events and metrics are not affected. Default: empty.
        leaf muted_checks: Vec<crate::Check> = Vec::new(),
    }
}

/// The level of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// No line.
    #[default]
    Off,
    /// Debug.
    Debug,
    /// Info.
    Info,
    /// Warning.
    Warn,
    /// Error.
    Error,
}

impl Choice for LogLevel {
    const OPTIONS: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("warn", Self::Warn),
        ("error", Self::Error),
    ];
}

section! {
    /// `[events]`: events and metrics for sinks.
    pub struct Events {
        /// Whether events are produced. Default: true.
        leaf enabled: bool = true,
        /// Whether metrics are produced. Default: true.
        leaf metrics: bool = true,
        /// Muted event kinds. Default: empty.
        leaf muted: Vec<EventKind> = Vec::new(),
        /// Muted metrics: `response_time`, `request_count`, `error_rate`. Default: empty.
        leaf muted_metrics: Vec<Metric> = Vec::new(),
        /// Add `guard.*` metadata: threat score, service, correlation key, the dynamic rule behind an event. Default: false.
        leaf enrich: bool = false,
        /// Project in enriched events. Default: none.
        leaf project: Option<String> = None,
        /// Service in enriched events. Default: `portcullis`.
        leaf service: String = "portcullis".into(),
        /// Environment in enriched events, such as `production`. Default: none.
        leaf environment: Option<String> = None,
    }
}

/// A metric of responses that can be muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// `response_time`: the time from the request to its response.
    ResponseTime,
    /// `request_count`: the number of requests.
    RequestCount,
    /// `error_rate`: the number of responses with a status of 400 or more.
    ErrorRate,
}

impl Metric {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResponseTime => "response_time",
            Self::RequestCount => "request_count",
            Self::ErrorRate => "error_rate",
        }
    }
}

impl Choice for Metric {
    const OPTIONS: &'static [(&'static str, Self)] = &[
        (Self::ResponseTime.name(), Self::ResponseTime),
        (Self::RequestCount.name(), Self::RequestCount),
        (Self::ErrorRate.name(), Self::ErrorRate),
    ];
}
