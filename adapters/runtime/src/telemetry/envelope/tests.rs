//! The envelopes, against the family's collectors.

use std::collections::BTreeMap;
use std::time::Duration;

use portcullis_core::event::EventKind;
use portcullis_core::{Config, Engine, Head, HeaderFields, Peer, RequestSlot, Scratch, Step, Verdict};
use serde_json::json;

use super::*;

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_250);

fn engine(edit: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    edit(&mut config);
    config.compile().unwrap()
}

/// The envelopes for a request without a peer: a rejection without a store.
fn envelopes(engine: &Engine, headers: &dyn HeaderFields) -> Vec<SecurityEvent> {
    let (parts, ()) = http::Request::get("/reset/token=abc").body(()).unwrap().into_parts();
    let head = Head::from(&parts).peer(Peer::Missing("pass the peer")).headers(headers);
    let mut scratch = Scratch::new();
    let mut slot = RequestSlot::new();
    let Step::Done(done) = engine.begin(head, AT, &mut scratch, &mut slot) else {
        panic!("rejected at once")
    };
    let verdict = done.into_verdict();
    let Verdict { client, events, record, .. } = verdict;
    let seen = RequestReport {
        engine,
        at: AT,
        head: &head,
        client,
        record: &record,
        policy: None,
        reference: None,
        is_nested: false,
    };
    let took = Duration::from_millis(20);
    let context = Context { took, request: Some(&seen), ..Context::new(engine, AT) };
    events.iter().map(|event| SecurityEvent::new(event, &context)).collect()
}

#[test]
fn an_event_about_a_request_has_every_field() {
    let headers = vec![
        ("user-agent", "probe token=abc"),
        ("TraceParent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "vendor=1"),
    ];
    let envelope = envelopes(&engine(|_| {}), &headers).remove(0);
    let mut value = serde_json::to_value(&envelope).unwrap();
    let id = value["idempotency_key"].take();
    let id = id.as_str().unwrap();
    assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id} is a random UUID");
    value["reason"].take();
    assert_eq!(
        value,
        json!({
            "idempotency_key": null,
            "timestamp": "2023-11-14T22:13:20.25Z",
            "event_type": "ip_blocked",
            "ip_address": "",
            "country": null,
            "user_agent": "[REDACTED]",
            "action_taken": "request_blocked",
            "reason": null,
            "endpoint": "/reset/[REDACTED]",
            "method": "GET",
            "status_code": 500,
            "response_time": 0.02,
            "decorator_type": null,
            "rule_type": null,
            "pattern_matched": null,
            "handler_name": "middleware",
            "metadata": {
                "filter_type": "unresolved",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "tracestate": "vendor=1",
            },
        })
    );
}

#[test]
fn events_of_the_process_have_the_client_system_and_lists_stay_lists() {
    let engine = engine(|_| {});
    let envelope = |event: &Event| SecurityEvent::new(event, &Context::new(&engine, AT));
    let mut event = Event::new(EventKind::DynamicRuleApplied, "rules_updated", "dynamic_rules", "why".into());
    event.metadata.push(("whitelist", vec![String::from("192.0.2.7")].into()));
    event.metadata.push(("span", MetaValue::Span(4, 27)));
    let applied = envelope(&event);
    assert_eq!(
        (applied.ip_address.as_str(), &applied.metadata["whitelist"]),
        ("system", &json!(["192.0.2.7"]))
    );
    assert_eq!(applied.metadata["span"], json!([4, 27]));
    let banned = Event::new(EventKind::IpBanned, "banned", "ip_ban", "of a network".into());
    assert_eq!(envelope(&banned).ip_address, "");
}

#[test]
fn trace_headers_that_are_no_text_are_left_out_and_long_ones_are_cut() {
    let long = "x".repeat(10_000);
    let headers = vec![("traceparent", "a\u{7}b"), ("tracestate", long.as_str())];
    let envelope = envelopes(&engine(|_| {}), &headers).remove(0);
    assert!(!envelope.metadata.contains_key("traceparent"));
    assert_eq!(envelope.metadata["tracestate"].as_str().map(str::len), Some(MAX_TRACE));
}

#[test]
fn kinds_of_rules_are_copied_out_of_the_metadata() {
    let engine = engine(|_| {});
    let mut event = Event::new(EventKind::DecoratorViolation, "request_blocked", "middleware", "why".into());
    event.metadata =
        vec![("decorator_type", "geo".into()), ("rule_type", "country".into()), ("n", 3_u32.into())];
    let envelope = SecurityEvent::new(&event, &Context::new(&engine, AT));
    assert_eq!(envelope.decorator_type.as_deref(), Some("geo"));
    assert_eq!(envelope.rule_type.as_deref(), Some("country"));
    assert_eq!(envelope.metadata["n"], 3);
    assert_eq!((envelope.status_code, envelope.response_time, envelope.endpoint), (None, None, None));
}

#[test]
fn enrichment_names_the_service_and_the_client() {
    let edit = |config: &mut Config| {
        config.events.enrich = true;
        config.events.project = Some("shop".into());
        config.events.service = "api".into();
        config.events.environment = Some("production".into());
    };
    let engine = engine(edit);
    let mut event = Event::new(EventKind::IpBanned, "banned", "ip_ban", "why".into());
    event.address = Some([198, 51, 100, 7].into());
    let key = |at| {
        SecurityEvent::new(&event, &Context::new(&engine, at)).metadata["guard.behavior.correlation_key"]
            .clone()
    };
    let envelope = SecurityEvent::new(&event, &Context::new(&engine, AT));
    for (name, value) in [
        ("guard.threat_score", json!(70)),
        ("guard.service.name", json!("api")),
        ("guard.project_id", json!("shop")),
        ("guard.deployment.environment", json!("production")),
        // The first 16 digits of the SHA-256 of `198.51.100.7|api|5666666`.
        ("guard.behavior.correlation_key", json!(correlation_key("198.51.100.7", "api", 5_666_666))),
    ] {
        assert_eq!(envelope.metadata[name], value, "{name}");
    }
    assert_eq!(key(AT), key(AT.after(Duration::from_secs(90))));
    assert_ne!(key(AT), key(AT.after(Duration::from_secs(300))));
    assert_eq!(correlation_key("a", "b", 1).len(), 16);
}

#[test]
fn a_response_gives_the_numbers_of_the_family() {
    let engine = engine(|config| config.events.muted_metrics = vec![Metric::ResponseTime]);
    let on_response = |status| ResponseReport {
        engine: &engine,
        at: AT,
        method: "BREW",
        route: Some("/pots/{id}"),
        policy: None,
        status,
        elapsed: Duration::from_millis(5),
    };
    let names = |status| -> Vec<_> {
        SecurityMetric::of_response(&on_response(status)).iter().map(|metric| metric.metric_type).collect()
    };
    assert_eq!((names(200), names(503)), (vec!["request_count"], vec!["request_count", "error_rate"]));
    let enriched = self::engine(|config| {
        config.events.enrich = true;
        config.events.project = Some("shop".into());
    });
    let tags =
        &SecurityMetric::of_response(&ResponseReport { engine: &enriched, ..on_response(200) })[0].tags;
    assert_eq!(
        (&tags["guard.service.name"], &tags["guard.project_id"]),
        (&json!("portcullis"), &json!("shop"))
    );
    let error = serde_json::to_value(&SecurityMetric::of_response(&on_response(418))[1]).unwrap();
    assert_eq!(
        error,
        json!({
            "timestamp": "2023-11-14T22:13:20.25Z",
            "metric_type": "error_rate",
            "value": 1.0,
            "endpoint": "/pots/{id}",
            "tags": {"endpoint": "/pots/{id}", "method": "OTHER", "status": "418"},
        })
    );
}

/// The recorded events of another member of the family have these fields, of these types.
#[test]
fn recorded_events_have_the_fields_of_the_envelope() {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into();
    let shared = std::path::PathBuf::from(std::env::var_os("PORTCULLIS_SHARED").unwrap_or_else(beside));
    let Ok(recorded) = std::fs::read_to_string(shared.join("vectors/guard/event_stream.json")) else {
        eprintln!("skipped: no shared test data; set PORTCULLIS_SHARED");
        return;
    };
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let engine = engine(|_| {});
    let mut event = Event::new(EventKind::IpBanned, "banned", "ip_ban", "why".into());
    event.metadata = vec![("decorator_type", "geo".into()), ("rule_type", "country".into())];
    (event.user_agent, event.endpoint) = (Some("x".into()), Some("/x".into()));
    (event.method, event.pattern) = (Some("GET".into()), Some("x".into()));
    let ours = serde_json::to_value(SecurityEvent::new(&event, &Context::new(&engine, AT))).unwrap();
    let ours: BTreeMap<String, Value> = serde_json::from_value(ours).unwrap();
    let mut compared = 0;
    for case in recorded["cases"].as_array().unwrap() {
        for theirs in case["expected"].as_array().unwrap().iter().filter_map(Value::as_object) {
            // Events about its own patterns have no envelope.
            if !theirs.contains_key("handler_name") {
                continue;
            }
            for (name, value) in theirs {
                let own = ours.get(name).unwrap_or_else(|| panic!("`{name}` is in {}", case["id"]));
                let same = std::mem::discriminant(own) == std::mem::discriminant(value);
                assert!(
                    same || own.is_null() || value.is_null(),
                    "`{name}` in {}: {own} {value}",
                    case["id"]
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn idempotency_keys_are_random_uuids() {
    let keys: std::collections::BTreeSet<_> = (0..10_000).map(|_| random_uuid()).collect();
    assert_eq!(keys.len(), 10_000);
    assert!(keys.iter().all(|key| key.get_version_num() == 4));
}
