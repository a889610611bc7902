//! Requests and operators' calls, and the envelopes of all resulting events.
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
use super::service::{self, GuardedApp};
use super::suite::{Call, Flow, FlowStep, PlainRequest, Request, Rule, RuleType};
use super::{Aspect, Disagreement};
use crate::run::START;

/// The family's default duration of a ban.
const DEFAULT_BAN: Duration = Duration::from_secs(3600);
/// The path of the route with the behaviour rule.
const RULE_PATH: &str = "/watched";
/// Events whose reasons and metadata describe an attack.
const ATTACK_EVENTS: [&str; 2] = ["penetration_attempt", "pattern_detected"];
/// Metadata that describes an attack.
const ATTACK_METADATA: [&str; 1] = ["trigger_info"];

/// Compare one case.
///
/// # Errors
/// The case cannot be run.
pub fn compare(flow: &Flow<Map<String, Value>>) -> Result<Vec<Disagreement>, String> {
    let config = match service::config(&flow.config) {
        Ok(config) => config,
        Err(errors) => return Ok(vec![Disagreement::new(Aspect::Config, errors)]),
    };
    let rule_route = flow.drives.iter().find_map(|drive| match drive {
        FlowStep::Call(Call::BehaviorAction { rule, .. }) => Some(rule_route(rule)),
        _ => None,
    });
    let service = GuardedApp::new(config, flow, facts(flow)?, rule_route)?;
    let mut observed = Vec::new();
    for drive in &flow.drives {
        match drive {
            FlowStep::Request(request) => observed.extend(service.send(request)?.events),
            FlowStep::Call(call) => observed.extend(carry_out(&service, call)?),
        }
    }
    let mut found = Vec::new();
    envelopes(&mut found, &flow.expected, observed);
    Ok(found)
}

fn facts(flow: &Flow<Map<String, Value>>) -> Result<AddressTables, String> {
    let mut clouds = AddressTables::builder();
    for drive in &flow.drives {
        if let FlowStep::Call(Call::CloudStub { provider, network }) = drive {
            let network: Cidr = network.parse().map_err(|error| format!("{network}: {error}"))?;
            clouds = clouds.cloud(provider, None, [network]);
        }
    }
    Ok(countries(flow)?.with(&clouds.build()))
}

/// Carry out the counterpart of a call, and return the envelopes.
fn carry_out(service: &GuardedApp, call: &Call) -> Result<Vec<Map<String, Value>>, String> {
    let GuardedApp { guard, runtime, .. } = service;
    match call {
        Call::BanIp { ip, reason } => {
            let ban = guard.ban_because(only(*ip), DEFAULT_BAN, reason);
            runtime.block_on(ban).map_err(|error| error.to_string())?;
        }
        Call::UnbanIp { ip } => {
            runtime.block_on(guard.unban(only(*ip))).map_err(|error| error.to_string())?;
        }
        Call::DynamicRules { rules } => {
            let document = document(rules)?;
            runtime.block_on(guard.apply_rules(&document)).map_err(|errors| errors.to_string())?;
        }
        Call::PathExcluded(request) | Call::Bypass(request) => {
            return Ok(service.send(&request.request())?.events);
        }
        Call::BehaviorAction { rule, ip } => return violate(service, rule, *ip),
        // Cloud networks are loaded before the first request; the fault has no effect until a ban is written.
        Call::CloudStub { .. } | Call::IpbanFault {} => {}
        call => return Err(format!("{call:?} has no counterpart")),
    }
    Ok(service.events())
}

/// The document, with a timestamp where the corpus omits it.
fn document(rules: &Map<String, Value>) -> Result<RuleDocument, String> {
    let now = Timestamp::from_millis(START);
    let mut rules = rules.clone();
    rules.entry("timestamp").or_insert_with(|| "2023-11-14T22:13:20Z".into());
    RuleDocument::from_json(&Value::Object(rules).to_string(), now).map_err(|error| error.to_string())
}

/// A route with the rule. The family's harness gives its endpoint this name.
fn rule_route(rule: &Rule) -> (&'static str, &'static str, RoutePolicy) {
    let mut behaviour = BehaviourRule::default();
    behaviour.kind = match rule.rule_type {
        RuleType::Usage => BehaviourKind::Usage,
        RuleType::Frequency => BehaviourKind::Frequency,
    };
    (behaviour.threshold, behaviour.window) = (rule.threshold, HumanDuration::secs(rule.window));
    behaviour.action = BehaviourAction::Log;
    ("corpus.endpoint", RULE_PATH, RoutePolicy::new().behaviour(behaviour))
}

/// Exceed the rule. The family calls the handler of a violation directly, and its pipeline sends no event.
fn violate(service: &GuardedApp, rule: &Rule, client: IpAddr) -> Result<Vec<Map<String, Value>>, String> {
    let mut events = Vec::new();
    for _ in 0..=rule.threshold {
        events.extend(service.send(&Request::plain(client, RULE_PATH))?.events);
    }
    events.retain(|event| text(event, "handler_name") == "behavior");
    Ok(events)
}

impl PlainRequest {
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
            "reason" if ATTACK_EVENTS.contains(&kind) => continue,
            "reason" => Aspect::Reason,
            _ => Aspect::Envelope,
        };
        compare_value(found, aspect, &format!("{name} of `{kind}`"), value, observed.get(name));
    }
}

fn metadata(found: &mut Vec<Disagreement>, kind: &str, expected: &Value, observed: Option<&Value>) {
    for (name, value) in expected.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let observed = observed.and_then(|metadata| metadata.get(name));
        if ATTACK_METADATA.contains(&name.as_str()) && observed.is_some() {
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
