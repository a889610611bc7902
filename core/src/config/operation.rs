//! The sections about the service around the engine: whom it asks, and what it tells.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;

section! {
    /// `[hooks]`: what the application is asked, by the names under which it registered verifiers and hooks.
    pub struct Hooks {
        /// The verifier of routes that require a credential and name none. Default: none.
        leaf verifier: Option<String> = None,
        /// Hooks asked about every request before it is inspected. Default: empty.
        leaf before: Vec<String> = Vec::new(),
        /// Hooks asked about every request after every other check. Default: empty.
        leaf after: Vec<String> = Vec::new(),
        /// What to do when a verifier or hook fails, panics, takes too long or is not registered. Default: `deny`.
        leaf on_failure: OnFailure = OnFailure::Deny,
    }
}

/// What to do when the application could not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Refuse the request: 401 for a verifier, 500 for a hook.
    #[default]
    Deny,
    /// Let it pass this check.
    Allow,
}

impl Choice for OnFailure {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[log]`: lines about requests, written to `tracing` without secrets.
    pub struct Log {
        /// The level of a line about every request. Default: `off`.
        leaf requests: LogLevel = LogLevel::Off,
        /// The level of a line about what was refused, or would have been. Default: `warn`.
        leaf refusals: LogLevel = LogLevel::Warn,
        /// Checks that write no line. Events and numbers are not affected. Default: empty.
        leaf muted_checks: Vec<String> = Vec::new(),
    }
}

/// How important a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// No line.
    #[default]
    Off,
    /// For those who look for a fault.
    Debug,
    /// What happens.
    Info,
    /// What should not happen.
    Warn,
    /// What must not happen.
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
    /// `[events]`: what sinks are told.
    pub struct Events {
        /// Whether events are produced. Default: true.
        leaf enabled: bool = true,
        /// Whether numbers are. Default: true.
        leaf metrics: bool = true,
        /// Kinds of event that are dropped. Default: empty.
        leaf muted: Vec<String> = Vec::new(),
        /// Numbers that are dropped: `response_time`, `request_count`, `error_rate`. Default: empty.
        leaf muted_metrics: Vec<String> = Vec::new(),
        /// Add `guard.*` metadata: threat score, service, correlation key, the dynamic rules behind an event. Default: false.
        leaf enrich: bool = false,
        /// The project that enriched events name. Default: none.
        leaf project: Option<String> = None,
        /// The service that enriched events name. Default: `portcullis`.
        leaf service: String = "portcullis".into(),
        /// The environment that enriched events name, such as `production`. Default: none.
        leaf environment: Option<String> = None,
    }
}

impl Events {
    /// The numbers that can be dropped.
    pub(crate) const NUMBERS: [&str; 3] = ["response_time", "request_count", "error_rate"];
}
