//! Requests and operators' calls, and the envelopes of all events that they lead to.
//!
//! A field that is null in an expected envelope is one that the family does not fill in; it may be filled in here. How the
//! family's regular expressions describe an attack is not compared.

use std::net::IpAddr;
use std::time::Duration;

use portcullis_core::compat::rules::RuleDocument;
use portcullis_core::config::{BehaviourAction, BehaviourKind, BehaviourRule, HumanDuration};
use portcullis_core::net::Cidr;
use portcullis_core::{RoutePolicy, Timestamp};
use portcullis_runtime::AddressTables;
use serde_json::{Map, Value};

use super::pipeline::{countries, only};
use super::served::{self, Served};
use super::suite::{Call, Drive, Flow, Request, Rule, RuleType, Visit};
use super::{Aspect, Disagreement};
use crate::run::START;

/// How long the family bans where nobody says.
const TERM: Duration = Duration::from_secs(3600);
/// The path of the route whose behaviour is watched.
const WATCHED: &str = "/watched";
/// Events in whose reasons and metadata an attack is described.
const DESCRIBED: [&str; 2] = ["penetration_attempt", "pattern_detected"];
/// Metadata that describes an attack.
const DESCRIPTIONS: [&str; 1] = ["trigger_info"];

/// Compare one case.
///
/// # Errors
/// It cannot be run.
pub fn compare(flow: &Flow<Map<String, Value>>) -> Result<Vec<Disagreement>, String> {
    let config = match served::config(&flow.config) {
        Ok(config) => config,
        Err(errors) => return Ok(vec![Disagreement::new(Aspect::Config, errors)]),
    };
    let watched = flow.drives.iter().find_map(|drive| match drive {
        Drive::Call(Call::BehaviorAction { rule, .. }) => Some(watched(rule)),
        _ => None,
    });
    let served = Served::new(config, flow, facts(flow)?, watched)?;
    let mut observed = Vec::new();
    for drive in &flow.drives {
        match drive {
            Drive::Request(request) => observed.extend(served.send(request)?.events),
            Drive::Call(call) => observed.extend(obey(&served, call)?),
        }
    }
    let mut found = Vec::new();
    envelopes(&mut found, &flow.expected, observed);
    Ok(found)
}

fn facts(flow: &Flow<Map<String, Value>>) -> Result<AddressTables, String> {
    let mut clouds = AddressTables::builder();
    for drive in &flow.drives {
        if let Drive::Call(Call::CloudStub { provider, network }) = drive {
            let network: Cidr = network.parse().map_err(|error| format!("{network}: {error}"))?;
            clouds = clouds.cloud(provider, None, [network]);
        }
    }
    Ok(countries(flow)?.with(&clouds.build()))
}

/// Do what the call does there, and return what was said about it.
fn obey(served: &Served, call: &Call) -> Result<Vec<Map<String, Value>>, String> {
    let Served { guard, runtime, .. } = served;
    match call {
        Call::BanIp { ip, reason } => {
            let ban = guard.ban_because(only(*ip), TERM, reason);
            runtime.block_on(ban).map_err(|error| error.to_string())?;
        }
        Call::UnbanIp { ip } => {
            runtime.block_on(guard.unban(only(*ip))).map_err(|error| error.to_string())?;
        }
        Call::DynamicRules { rules } => {
            let document = document(rules)?;
            runtime.block_on(guard.apply_rules(&document)).map_err(|errors| errors.to_string())?;
        }
        Call::PathExcluded(visit) | Call::Bypass(visit) => {
            return Ok(served.send(&visit.request())?.events);
        }
        Call::BehaviorAction { rule, ip } => return violate(served, rule, *ip),
        // Known before the first request, and a store that fails whenever it is asked to.
        Call::CloudStub { .. } | Call::IpbanFault {} => {}
        call => return Err(format!("{call:?} has no counterpart")),
    }
    Ok(served.events())
}

/// The document, with an instant where the corpus leaves it out.
fn document(rules: &Map<String, Value>) -> Result<RuleDocument, String> {
    let now = Timestamp::from_millis(START);
    let mut rules = rules.clone();
    rules.entry("timestamp").or_insert_with(|| "2023-11-14T22:13:20Z".into());
    RuleDocument::from_json(&Value::Object(rules).to_string(), now).map_err(|error| error.to_string())
}

/// A route under the rule. The harness of the family gives its endpoint this name.
fn watched(rule: &Rule) -> (&'static str, &'static str, RoutePolicy) {
    let mut watched = BehaviourRule::default();
    watched.kind = match rule.rule_type {
        RuleType::Usage => BehaviourKind::Usage,
        RuleType::Frequency => BehaviourKind::Frequency,
    };
    (watched.threshold, watched.window) = (rule.threshold, HumanDuration::secs(rule.window));
    watched.action = BehaviourAction::Log;
    ("corpus.endpoint", WATCHED, RoutePolicy::new().behaviour(watched))
}

/// Go beyond the rule. The family calls the handler that follows a violation itself, and its pipeline says nothing.
fn violate(served: &Served, rule: &Rule, client: IpAddr) -> Result<Vec<Map<String, Value>>, String> {
    let mut events = Vec::new();
    for _ in 0..=rule.threshold {
        events.extend(served.send(&Request::plain(client, WATCHED))?.events);
    }
    events.retain(|event| text(event, "handler_name") == "behavior");
    Ok(events)
}

impl Visit {
    fn request(&self) -> Request {
        Request::plain(self.client_ip, &self.url_path)
    }
}

/// Find each expected envelope among the observed ones, in order, and compare its fields.
fn envelopes(
    found: &mut Vec<Disagreement>,
    expected: &[Map<String, Value>],
    mut observed: Vec<Map<String, Value>>,
) {
    for envelope in expected {
        let (kind, action) = (text(envelope, "event_type"), text(envelope, "action_taken"));
        let same = |other: &Map<String, Value>| {
            text(other, "event_type") == kind && text(other, "action_taken") == action
        };
        match observed.iter().position(same) {
            Some(index) => fields(found, kind, envelope, &observed.remove(index)),
            None => found.push(Disagreement::new(Aspect::Events, format!("`{kind}` ({action}) is missing"))),
        }
    }
    for other in &observed {
        let (kind, action) = (text(other, "event_type"), text(other, "action_taken"));
        found.push(Disagreement::new(Aspect::Events, format!("`{kind}` ({action}) is not expected")));
    }
}

fn fields(
    found: &mut Vec<Disagreement>,
    kind: &str,
    expected: &Map<String, Value>,
    observed: &Map<String, Value>,
) {
    for (name, value) in expected.iter().filter(|(_, value)| !value.is_null()) {
        let aspect = match name.as_str() {
            "metadata" => {
                metadata(found, kind, value, observed.get(name));
                continue;
            }
            "reason" if DESCRIBED.contains(&kind) => continue,
            "reason" => Aspect::Reason,
            _ => Aspect::Envelope,
        };
        compare_value(found, aspect, &format!("{name} of `{kind}`"), value, observed.get(name));
    }
}

fn metadata(found: &mut Vec<Disagreement>, kind: &str, expected: &Value, observed: Option<&Value>) {
    for (name, value) in expected.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let observed = observed.and_then(|metadata| metadata.get(name));
        if DESCRIPTIONS.contains(&name.as_str()) && observed.is_some() {
            continue;
        }
        compare_value(found, Aspect::Metadata, &format!("metadata `{name}` of `{kind}`"), value, observed);
    }
}

fn compare_value(
    found: &mut Vec<Disagreement>,
    aspect: Aspect,
    what: &str,
    expected: &Value,
    observed: Option<&Value>,
) {
    super::differs(found, aspect, what, &Some(expected), &observed);
}

fn text<'e>(envelope: &'e Map<String, Value>, name: &str) -> &'e str {
    envelope.get(name).and_then(Value::as_str).unwrap_or_default()
}
