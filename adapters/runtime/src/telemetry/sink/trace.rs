//! Writes events and requests as `tracing` events.

use std::borrow::Cow;

use portcullis_core::config::LogLevel;
use portcullis_core::event::Event;

use super::context::{Context, RequestReport};
use super::event_sink::EventSink;

/// Writes lines to `tracing` under the target `portcullis`: one for each event at the level `log.rejections`, and if
/// `log.requests` is set, one for each request. Checks in `log.muted_checks` write no line. Secrets are redacted.
///
/// No text of a client can forge a field: the method and the target of a request are one word each, names and values of headers
/// are quoted, and `"`, `\` and the `=` of a reason are escaped.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

/// A `tracing` event at a level that is known only at run time; `tracing` requires a constant level.
macro_rules! write_at {
    ($level:expr, $($fields:tt)+) => {
        match $level {
            LogLevel::Off => {}
            LogLevel::Debug => tracing::debug!(target: "portcullis", $($fields)+),
            LogLevel::Info => tracing::info!(target: "portcullis", $($fields)+),
            LogLevel::Warn => tracing::warn!(target: "portcullis", $($fields)+),
            LogLevel::Error => tracing::error!(target: "portcullis", $($fields)+),
        }
    };
}

impl EventSink for TracingSink {
    fn event(&self, event: &Event, context: &Context<'_>) {
        let level = context.engine.config().log.rejections;
        if level == LogLevel::Off || context.request.is_some_and(is_muted) {
            return;
        }
        write_at!(
            level,
            event = event.kind.name(),
            action = event.action,
            client = event.address.map(tracing::field::display),
            method = event.method.as_deref(),
            path = event.endpoint.as_deref(),
            rule = event.pattern.as_deref(),
            reference = event.reference.map(tracing::field::display),
            "{}",
            message(&event.reason)
        );
    }

    fn request(&self, report: &RequestReport<'_>) {
        let level = report.engine.config().log.requests;
        if level == LogLevel::Off || is_muted(report) {
            return;
        }
        write_request(level, report);
    }
}

fn write_request(level: LogLevel, report: &RequestReport<'_>) {
    let redact = report.engine.redact();
    let client = report.client.address.map_or_else(|| "unknown".into(), |address| address.to_string());
    let method = redact.method(report.head);
    write_at!(
        level,
        outcome = report.record.outcome.name(),
        check = report.record.check.map(portcullis_core::Check::name),
        policy = report.policy,
        reference = report.reference.map(tracing::field::display),
        "Request from {client}: {method} {} - Headers: {}",
        redact.url(report.head),
        redact.headers(report.head.headers)
    );
}

/// A reason as a message. Formatters write messages without quotes before the fields, so a text of the client in it must not
/// resemble a field.
fn message(reason: &str) -> Cow<'_, str> {
    if !reason.contains(['"', '\\', '=']) {
        return Cow::Borrowed(reason);
    }
    Cow::Owned(reason.replace('\\', "\\\\").replace('"', "\\\"").replace('=', "\\x3d"))
}

/// Whether the check that decided about the request is muted.
fn is_muted(report: &RequestReport<'_>) -> bool {
    let muted = &report.engine.config().log.muted_checks;
    report.record.check.is_some_and(|check| muted.contains(&check))
}
