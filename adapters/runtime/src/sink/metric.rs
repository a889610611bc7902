//! Numbers for the `metrics` facade. Labels are bounded: outcomes, checks, classes and policy names, never paths or
//! addresses.

use metrics::counter;
use portcullis_core::Check;
use portcullis_core::event::Event;

use super::{Context, EventSink, Seen};

/// Counts into the recorder that the application installed:
///
/// | counter | labels |
/// |---|---|
/// | `portcullis_requests_total` | `outcome`, `check`, `policy` |
/// | `portcullis_findings_total` | `class`, `outcome` |
/// | `portcullis_inspected_bytes_total` | |
/// | `portcullis_uninspected_total` | `reason` |
/// | `portcullis_store_unavailable_total`, `portcullis_bans_refused_total`, `portcullis_spoofed_total` | |
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsSink;

impl EventSink for MetricsSink {
    fn event(&self, _: &Event, _: &Context<'_>) {}

    fn request(&self, seen: &Seen<'_>) {
        let (record, policy) = (seen.record, seen.policy);
        let outcome = record.outcome.name();
        let check = record.check.map_or("none", Check::name);
        let policy = policy.unwrap_or("none").to_owned();
        counter!("portcullis_requests_total", "outcome" => outcome, "check" => check, "policy" => policy)
            .increment(1);
        counter!("portcullis_inspected_bytes_total").increment(record.inspected);
        if let Some(class) = record.class {
            counter!("portcullis_findings_total", "class" => class.name(), "outcome" => outcome).increment(1);
        }
        for reason in record.gaps.names() {
            counter!("portcullis_uninspected_total", "reason" => reason).increment(1);
        }
        let flags = [
            (record.store_unavailable, "portcullis_store_unavailable_total"),
            (record.ban_refused, "portcullis_bans_refused_total"),
            (record.spoofed, "portcullis_spoofed_total"),
        ];
        for (_, name) in flags.into_iter().filter(|(set, _)| *set) {
            counter!(name).increment(1);
        }
    }
}
