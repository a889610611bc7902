//! Events and metrics in the envelopes of the family's collectors.
//!
//! The core produces the event; this module adds what only the runtime has: an id, a timestamp as text, the status of the
//! response, the trace context of the request, and with `events.enrich` the names of the service.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use hmac_sha256::Hash as Sha256;
use portcullis_core::config::{Events, Metric};
use portcullis_core::event::{Event, MetaValue};
use portcullis_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::{Builder, Uuid};

use crate::telemetry::recent::span;
use crate::telemetry::sink::{Context, RequestReport, ResponseReport};

/// The maximum number of bytes of a trace header that are copied: `tracestate` may have 512 and more (W3C Trace Context).
const MAX_TRACE: usize = 512;

/// One event as it is sent to a collector.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SecurityEvent {
    /// A random id (UUID version 4), by which a collector recognises a duplicate.
    pub idempotency_key: String,
    /// The time, as RFC 3339 in UTC.
    pub timestamp: String,
    /// The kind, by its name.
    pub event_type: &'static str,
    /// The client; `system` for an event of the process, empty for a client without an address.
    pub ip_address: String,
    /// The client's country, where known.
    pub country: Option<String>,
    /// The user agent, truncated and redacted.
    pub user_agent: Option<String>,
    /// The action.
    pub action_taken: &'static str,
    /// The reason.
    pub reason: String,
    /// The path, truncated and redacted.
    pub endpoint: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The status of a rejection.
    pub status_code: Option<u16>,
    /// Seconds since the request began.
    pub response_time: Option<f64>,
    /// The kind of route rule that was violated.
    pub decorator_type: Option<String>,
    /// The kind of rule.
    pub rule_type: Option<String>,
    /// The detection rule that matched.
    pub pattern_matched: Option<String>,
    /// The component that emitted the event.
    pub handler_name: Option<&'static str>,
    /// Further fields, by name.
    pub metadata: Map<String, Value>,
}

impl SecurityEvent {
    /// The envelope of `event`.
    #[must_use]
    pub fn new(event: &Event, context: &Context<'_>) -> Self {
        let redact = context.engine.redact();
        let mut metadata: Map<String, Value> =
            event.metadata.iter().map(|(name, value)| ((*name).into(), json(value))).collect();
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(String::from);
        let (decorator_type, rule_type) = (text("decorator_type"), text("rule_type"));
        if let Some(request) = context.request {
            trace(request, &mut metadata);
        }
        if let Some(reference) = event.reference {
            metadata.insert("reference".into(), reference.to_string().into());
        }
        let ip_address = client(event);
        enrich(event, context, &ip_address, &mut metadata);
        Self {
            idempotency_key: random_uuid().to_string(),
            timestamp: rfc3339(context.at),
            event_type: event.kind.name(),
            ip_address,
            country: event.country.map(|country| country.to_string()),
            user_agent: event.user_agent.as_ref().map(|agent| redact.text(agent.as_bytes())),
            action_taken: event.action,
            reason: event.reason.clone(),
            endpoint: event.endpoint.as_ref().map(|path| redact.path(path)),
            method: event.method.clone(),
            status_code: context.request.and_then(|request| request.record.status),
            response_time: context.request.map(|_| context.took.as_secs_f64()),
            decorator_type,
            rule_type,
            pattern_matched: event.pattern.clone().map(Cow::into_owned),
            handler_name: Some(event.handler),
            metadata,
        }
    }
}

/// One metric as it is sent to a collector.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SecurityMetric {
    /// The time, as RFC 3339 in UTC.
    pub timestamp: String,
    /// The metric: `request_count`, `response_time`, `error_rate`.
    pub metric_type: &'static str,
    /// The value.
    pub value: f64,
    /// The pattern of the route, or the name of its policy: never a path, because paths are unbounded.
    pub endpoint: Option<String>,
    /// Labels by name; their values are bounded in number.
    pub tags: Map<String, Value>,
}

impl SecurityMetric {
    /// The metrics of a response, except `events.muted_metrics`.
    #[must_use]
    pub fn of_response(response: &ResponseReport<'_>) -> Vec<Self> {
        let failed = (response.status >= 400).then_some((Metric::ErrorRate, 1.0));
        let values = [(Metric::ResponseTime, response.elapsed.as_secs_f64()), (Metric::RequestCount, 1.0)];
        let events = &response.engine.config().events;
        let is_enabled = |metric: &Metric| events.metrics && !events.muted_metrics.contains(metric);
        let values = values.into_iter().chain(failed).filter(|(metric, _)| is_enabled(metric));
        values.map(|(metric, value)| Self::new(metric.name(), value, response)).collect()
    }

    fn new(metric_type: &'static str, value: f64, response: &ResponseReport<'_>) -> Self {
        let endpoint = response.route.or(response.policy).map(String::from);
        let mut tags = Map::new();
        tags.insert("endpoint".into(), endpoint.clone().unwrap_or_else(|| "none".into()).into());
        tags.insert("method".into(), crate::telemetry::sink::method(response.method).into());
        if metric_type != "request_count" {
            tags.insert("status".into(), response.status.to_string().into());
        }
        let events = &response.engine.config().events;
        if events.enrich {
            service(events, &mut tags);
        }
        Self { timestamp: rfc3339(response.at), metric_type, value, endpoint, tags }
    }
}

/// The `ip_address` of an event, in the family's terms.
fn client(event: &Event) -> String {
    match event.address {
        Some(address) => address.to_string(),
        // Bans of networks must differ from events of the process itself.
        None if event.endpoint.is_none() && event.handler != "ip_ban" => "system".into(),
        None => String::new(),
    }
}

/// The trace context of the request (W3C Trace Context), redacted: any client can send it.
fn trace(request: &RequestReport<'_>, metadata: &mut Map<String, Value>) {
    let redact = request.engine.redact();
    request.head.headers.for_each(&mut |name, value| {
        for known in ["traceparent", "tracestate"] {
            let text = value.get(..value.len().min(MAX_TRACE)).unwrap_or_default();
            let text = std::str::from_utf8(text).ok().filter(|text| !text.contains(char::is_control));
            if let Some(text) = text.filter(|_| name.eq_ignore_ascii_case(known)) {
                metadata.entry(known).or_insert_with(|| redact.text(text.as_bytes()).into());
            }
        }
    });
}

/// The `guard.*` metadata of `events.enrich`.
fn enrich(event: &Event, context: &Context<'_>, address: &str, metadata: &mut Map<String, Value>) {
    let events = &context.engine.config().events;
    if !events.enrich {
        return;
    }
    let mut add = |name: &str, value: Value| {
        metadata.insert(format!("guard.{name}"), value);
    };
    add("threat_score", event.kind.threat_score().into());
    if let Some((id, version)) = context.engine.rule_for(event) {
        add("rule.id", id.into());
        add("rule.version", version.into());
    }
    if let Some(recent) = context.recent {
        add("behavior.recent_event_count", recent.into());
    }
    let key = correlation_key(address, &events.service, span(context.at));
    add("behavior.correlation_key", key.into());
    service(events, metadata);
}

/// The names of the service.
fn service(events: &Events, names: &mut Map<String, Value>) {
    names.insert("guard.service.name".into(), events.service.as_str().into());
    let known =
        [("guard.project_id", &events.project), ("guard.deployment.environment", &events.environment)];
    let known = known.into_iter().filter_map(|(name, known)| Some((name, known.as_deref()?)));
    names.extend(known.map(|(name, known)| (name.into(), known.into())));
}

/// A version 4 UUID (RFC 9562). `RandomState` contains random keys of the operating system and changes with every instance.
fn random_uuid() -> Uuid {
    let half = || u128::from(RandomState::new().hash_one(()));
    Builder::from_random_bytes((half() << 64 | half()).to_ne_bytes()).into_uuid()
}

/// The key that all events about one client within five minutes share.
fn correlation_key(address: &str, service: &str, span: u64) -> String {
    let digest = Sha256::hash(format!("{address}|{service}|{span}").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn json(value: &MetaValue) -> Value {
    match value {
        MetaValue::Number(number) => (*number).into(),
        MetaValue::Bool(value) => (*value).into(),
        MetaValue::Text(text) => text.as_ref().into(),
        MetaValue::Texts(texts) => texts.iter().map(AsRef::as_ref).collect(),
        MetaValue::Span(from, to) => [*from, *to].as_slice().into(),
        // A kind of value that this version does not support.
        _ => Value::Null,
    }
}

/// An instant as RFC 3339 in UTC, at most the end of the year 9999.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests;
