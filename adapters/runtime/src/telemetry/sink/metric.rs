//! Metrics for the `metrics` facade.
//!
//! Labels are bounded: outcomes, checks, classes, methods, statuses, and the patterns and policies of the application and
//! its operator; never a path, an address or another value of a client. The label set of a metric is built once and kept,
//! so that a request allocates nothing here.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{Key, Label, Level, Metadata, with_recorder};
use portcullis_core::config::Metric;
use portcullis_core::event::Event;
use portcullis_core::{Check, Outcome};

use super::context::{Context, RequestReport, ResponseReport, method};
use super::event_sink::EventSink;

/// Route and policy names with labels of their own; further ones share [`OTHER`]. Reloads may add names without end.
const MAX_NAMES: usize = 1024;
/// The label of names beyond [`MAX_NAMES`].
const OTHER: &str = "other";
/// The label of metrics without a name.
const NONE: &str = "none";

static METADATA: Metadata<'static> = Metadata::new("portcullis", Level::INFO, Some(module_path!()));

/// Counts into the recorder that the application installed:
///
/// | metric | labels |
/// |---|---|
/// | `portcullis_requests_total` | `outcome`, `check`, `policy` |
/// | `portcullis_findings_total` | `class`, `outcome` |
/// | `portcullis_inspected_bytes_total` | |
/// | `portcullis_uninspected_total` | `reason` |
/// | `portcullis_events_total` | `event`, `action` |
/// | `portcullis_store_unavailable_total`, `portcullis_bans_rejected_total`, `portcullis_spoofed_total` | |
/// | `request_count` | `endpoint`, `method` |
/// | `error_rate` | `endpoint`, `method`, `status` |
/// | `response_time`, a histogram of seconds | `endpoint`, `method`, `status` |
///
/// The last three are the family's. `endpoint` is the pattern of the route, else the name of its policy, else `none`.
/// Responses are counted where the adapter reports them; rejections of the guard are counted like responses, without a time.
#[derive(Debug, Default)]
pub struct MetricsSink {
    keys: RwLock<Keys>,
}

/// Labels by the name of the route or policy among them.
type Keys = HashMap<Box<str>, HashMap<Labels, Arc<Key>>>;

/// Everything about a key except the name of a route or policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Labels {
    Requests(&'static str, &'static str),
    Findings(&'static str, &'static str),
    Events(&'static str, &'static str),
    Uninspected(&'static str),
    Plain(&'static str),
    Count(&'static str),
    Errors(&'static str, u16),
    Time(&'static str, u16),
}

impl EventSink for MetricsSink {
    fn event(&self, event: &Event, context: &Context<'_>) {
        if context.engine.config().events.metrics {
            self.count(NONE, Labels::Events(event.kind.name(), event.action), 1);
        }
    }

    fn request(&self, report: &RequestReport<'_>) {
        if !report.engine.config().events.metrics {
            return;
        }
        let record = report.record;
        let outcome = record.outcome.name();
        let check = record.check.map_or(NONE, Check::name);
        self.count(report.policy.unwrap_or(NONE), Labels::Requests(outcome, check), 1);
        self.count(NONE, Labels::Plain("portcullis_inspected_bytes_total"), record.inspected);
        if let Some(class) = record.class {
            self.count(NONE, Labels::Findings(class.name(), outcome), 1);
        }
        for reason in record.gaps.names() {
            self.count(NONE, Labels::Uninspected(reason), 1);
        }
        let flags = [
            (record.store_unavailable, "portcullis_store_unavailable_total"),
            (record.ban_rejected, "portcullis_bans_rejected_total"),
            (record.spoofed, "portcullis_spoofed_total"),
        ];
        for (_, name) in flags.into_iter().filter(|(set, _)| *set) {
            self.count(NONE, Labels::Plain(name), 1);
        }
        if let Some(status) = record.status.filter(|_| record.outcome == Outcome::Deny) {
            let endpoint = report.head.route.or(report.policy).unwrap_or(NONE);
            self.count_response(
                &report.engine.config().events.muted_metrics,
                endpoint,
                report.head.method,
                status,
            );
        }
    }

    fn response(&self, report: &ResponseReport<'_>) {
        let events = &report.engine.config().events;
        if !events.metrics {
            return;
        }
        let endpoint = report.route.or(report.policy).unwrap_or(NONE);
        self.count_response(&events.muted_metrics, endpoint, report.method, report.status);
        if !events.muted_metrics.contains(&Metric::ResponseTime) {
            let key = self.key(endpoint, Labels::Time(method(report.method), report.status));
            let seconds = report.elapsed.as_secs_f64();
            with_recorder(|recorder| recorder.register_histogram(&key, &METADATA).record(seconds));
        }
    }
}

impl MetricsSink {
    /// The family's counters of a response, of the application or the guard.
    fn count_response(&self, muted: &[Metric], endpoint: &str, name: &str, status: u16) {
        if !muted.contains(&Metric::RequestCount) {
            self.count(endpoint, Labels::Count(method(name)), 1);
        }
        if status >= 400 && !muted.contains(&Metric::ErrorRate) {
            self.count(endpoint, Labels::Errors(method(name), status), 1);
        }
    }

    fn count(&self, name: &str, labels: Labels, by: u64) {
        let key = self.key(name, labels);
        // The recorder is looked up every time: the application may install one after the guard is built.
        with_recorder(|recorder| recorder.register_counter(&key, &METADATA).increment(by));
    }

    fn key(&self, name: &str, labels: Labels) -> Arc<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let find = |name: &str| keys.get(name).and_then(|of_name| of_name.get(&labels)).map(Arc::clone);
        let fits = keys.len() < MAX_NAMES || keys.contains_key(name);
        let name = if fits { name } else { OTHER };
        if let Some(key) = find(name) {
            return key;
        }
        drop(keys);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let of_name = keys.entry(name.into()).or_default();
        Arc::clone(of_name.entry(labels).or_insert_with(|| Arc::new(labels.key(name))))
    }
}

impl Labels {
    /// The key of the metric with all of its labels.
    fn key(self, name: &str) -> Key {
        let label = |key: &'static str, value: &'static str| Label::from_static_parts(key, value);
        let named = |key: &'static str| Label::new(key, name.to_owned());
        let status = |status: u16| Label::new("status", status.to_string());
        match self {
            Self::Requests(outcome, check) => {
                let labels = vec![label("outcome", outcome), label("check", check), named("policy")];
                Key::from_parts("portcullis_requests_total", labels)
            }
            Self::Findings(class, outcome) => {
                let labels = vec![label("class", class), label("outcome", outcome)];
                Key::from_parts("portcullis_findings_total", labels)
            }
            Self::Events(event, action) => {
                let labels = vec![label("event", event), label("action", action)];
                Key::from_parts("portcullis_events_total", labels)
            }
            Self::Uninspected(reason) => {
                Key::from_parts("portcullis_uninspected_total", vec![label("reason", reason)])
            }
            Self::Plain(counter) => Key::from_static_name(counter),
            Self::Count(method) => {
                Key::from_parts("request_count", vec![named("endpoint"), label("method", method)])
            }
            Self::Errors(method, code) => {
                Key::from_parts("error_rate", vec![named("endpoint"), label("method", method), status(code)])
            }
            Self::Time(method, code) => {
                let labels = vec![named("endpoint"), label("method", method), status(code)];
                Key::from_parts("response_time", labels)
            }
        }
    }
}
