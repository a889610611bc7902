//! Events and requests as `tracing` events.

use portcullis_core::config::LogLevel;
use portcullis_core::event::Event;

use super::{Context, EventSink, RequestReport};

/// Writes lines to `tracing` under the target `portcullis`: about events at the level `log.refusals`, and where
/// `log.requests` is set, about every request. Checks of `log.muted_checks` write no line. Secrets are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

/// A `tracing` event at a level known at run time only: `tracing` wants it known where the event is written.
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
        let level = context.engine.config().log.refusals;
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
            event.reason
        );
    }

    fn request(&self, seen: &RequestReport<'_>) {
        let level = seen.engine.config().log.requests;
        if level == LogLevel::Off || is_muted(seen) {
            return;
        }
        write_request(level, seen);
    }
}

fn write_request(level: LogLevel, seen: &RequestReport<'_>) {
    let redact = seen.engine.redact();
    let client = seen.client.address.map_or_else(|| "unknown".into(), |address| address.to_string());
    let method = redact.text(seen.head.method.as_bytes());
    write_at!(
        level,
        outcome = seen.record.outcome.name(),
        check = seen.record.check.map(portcullis_core::Check::name),
        policy = seen.policy,
        reference = seen.reference.map(tracing::field::display),
        "Request from {client}: {method} {} - Headers: {}",
        redact.url(seen.head),
        redact.headers(seen.head.headers)
    );
}

/// Whether the check that decided about the request writes no lines.
fn is_muted(seen: &RequestReport<'_>) -> bool {
    let muted = &seen.engine.config().log.muted_checks;
    seen.record.check.is_some_and(|check| muted.iter().any(|muted| muted == check.name()))
}
