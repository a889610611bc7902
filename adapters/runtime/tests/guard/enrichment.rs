//! The metadata of enriched events.

use std::sync::{Arc, Mutex};

use portcullis_core::event::Event;
use portcullis_runtime::envelope::SecurityEvent;
use portcullis_runtime::sink::{Context, EventSink, RequestReport};
use portcullis_runtime::{AddressTables, Config, Guard, RuleDocument};
use serde_json::{Map, Value, json};

use crate::support::{NOW, Request, builder, config};

/// The kind of an event, and its metadata.
type EventMetadata = (&'static str, Map<String, Value>);

/// Records envelopes.
#[derive(Clone, Default)]
struct EnvelopeRecorder(Arc<Mutex<Vec<EventMetadata>>>);

impl EventSink for EnvelopeRecorder {
    fn event(&self, event: &Event, context: &Context<'_>) {
        let envelope = SecurityEvent::new(event, context);
        self.0.lock().unwrap().push((envelope.event_type, envelope.metadata));
    }

    fn request(&self, _: &RequestReport<'_>) {}
}

impl EnvelopeRecorder {
    /// The metadata `guard.NAME` of the latest event of this kind.
    fn metadata_of(&self, kind: &str, name: &str) -> Option<Value> {
        let all = self.0.lock().unwrap();
        let (_, metadata) =
            all.iter().rev().find(|(known, _)| *known == kind).expect("there is such an event");
        metadata.get(&format!("guard.{name}")).cloned()
    }
}

fn guard(edit: impl FnOnce(&mut Config)) -> (Guard, EnvelopeRecorder) {
    let envelopes = EnvelopeRecorder::default();
    let (builder, ..) = builder(config(|config| {
        config.events.enrich = true;
        edit(config);
    }));
    let tables = AddressTables::builder().country("FR".parse().unwrap(), ["203.0.113.7".parse().unwrap()]);
    (builder.facts(tables.build()).sink(envelopes.clone()).build().unwrap(), envelopes)
}

async fn apply(guard: &Guard, json: &str) {
    guard.apply_rules(&RuleDocument::from_json(json, NOW).unwrap()).await.unwrap();
}

#[tokio::test]
async fn events_name_the_dynamic_rules_behind_them() {
    let (guard, envelopes) = guard(|config| config.access.deny_user_agents = vec!["sqlmap".into()]);
    let rules = r#"{"rule_id": "r-7", "version": 3, "ip_blacklist": ["198.51.100.0/24"],
        "blocked_countries": ["FR"], "expires_at": 1700000060}"#;
    apply(&guard, rules).await;
    guard.reload(guard.engine().config().clone()).unwrap();
    Request::clean().from([198, 51, 100, 7]).status(&guard).await;
    assert_eq!(envelopes.metadata_of("ip_blocked", "rule.id"), Some(json!("r-7")));
    assert_eq!(envelopes.metadata_of("ip_blocked", "rule.version"), Some(json!(3)));
    Request::clean().from([203, 0, 113, 7]).status(&guard).await;
    assert_eq!(envelopes.metadata_of("ip_blocked", "rule.id"), Some(json!("r-7")), "its country is listed");
    let agent =
        || Request { headers: vec![("user-agent", "sqlmap")], ..Request::clean().from([192, 0, 2, 1]) };
    agent().status(&guard).await;
    assert_eq!(envelopes.metadata_of("user_agent_blocked", "rule.id"), None, "the base denies this one");
    apply(&guard, r#"{"rule_id": "r-8", "blocked_user_agents": ["sqlmap"], "global_rate_limit": 1}"#).await;
    agent().status(&guard).await;
    assert_eq!(envelopes.metadata_of("user_agent_blocked", "rule.id"), Some(json!("r-8")));
    for _ in 0..2 {
        Request::clean().from([192, 0, 2, 2]).status(&guard).await;
    }
    assert_eq!(envelopes.metadata_of("rate_limited", "rule.id"), Some(json!("r-8")));
}

#[tokio::test]
async fn expired_rules_are_the_cause_of_no_event() {
    let (builder, clock, _) = builder(config(|config| config.events.enrich = true));
    let envelopes = EnvelopeRecorder::default();
    let guard = builder.sink(envelopes.clone()).build().unwrap();
    apply(&guard, r#"{"rule_id": "r", "ip_blacklist": ["198.51.100.7"], "expires_at": 1700000060}"#).await;
    clock.set(NOW.after(std::time::Duration::from_secs(60)));
    Request::clean().status(&guard).await;
    assert_eq!(envelopes.metadata_of("ip_blocked", "rule.id"), None, "the ban is older than its rules");
}

#[tokio::test]
async fn events_about_one_client_are_counted() {
    let (guard, envelopes) = guard(|_| {});
    for count in 1..=3 {
        Request::attack().status(&guard).await;
        assert_eq!(
            envelopes.metadata_of("penetration_attempt", "behavior.recent_event_count"),
            Some(json!(count))
        );
    }
    Request::attack().from([192, 0, 2, 1]).status(&guard).await;
    assert_eq!(envelopes.metadata_of("penetration_attempt", "behavior.recent_event_count"), Some(json!(1)));
}
