//! Requests and their responses: status, body, headers, events.
//!
//! The family's harness records the events of its pipeline, not those of other handlers (limits, bans, clouds, behaviour
//! rules), so only events of the handler `middleware` are compared. The pipeline's flags `is_whitelisted` and `is_exempt`
//! are compared by their effects.

use std::net::IpAddr;

use portcullis_core::Check;
use portcullis_core::config::Country;
use portcullis_core::net::Cidr;
use portcullis_runtime::{AddressTables, BlockReport};
use serde_json::{Map, Value};

use super::service::{self, AppResponse, GuardedApp};
use super::suite::{ExpectedResponse, Flow, FlowStep};
use super::{Aspect, Disagreement, differs};

/// The handler whose events the family's harness records.
const PIPELINE: &str = "middleware";

/// Compare one case.
///
/// # Errors
/// The case cannot be run.
pub fn compare(flow: &Flow<ExpectedResponse>) -> Result<Vec<Disagreement>, String> {
    if flow.drives.len() != flow.expected.len() {
        return Err("the numbers of requests and expected responses differ".into());
    }
    let config = match service::config(&flow.config) {
        Ok(config) => config,
        Err(errors) => return Ok(vec![Disagreement::new(Aspect::Config, errors)]),
    };
    let service = GuardedApp::new(config, flow, countries(flow)?, None)?;
    let mut found = Vec::new();
    for (index, (drive, expected)) in flow.drives.iter().zip(&flow.expected).enumerate() {
        let FlowStep::Request(request) = drive else { return Err("a call among requests".into()) };
        let observed = service.send(request)?;
        compare_response(&mut found, &format!("request {index}"), expected, &observed);
    }
    let expected: Vec<_> = flow.expected.iter().flat_map(|response| &response.on_block).collect();
    compare_block_reports(&mut found, &expected, &service.finish());
    Ok(found)
}

/// Compare the calls of `on_block` over all requests.
fn compare_block_reports(
    found: &mut Vec<Disagreement>,
    expected: &[&Map<String, Value>],
    observed: &[BlockReport],
) {
    differs(found, Aspect::OnBlock, "times that `on_block` was called", &expected.len(), &observed.len());
    for (index, (expected, observed)) in expected.iter().zip(observed).enumerate() {
        let fields: [(&str, Value); 7] = [
            ("check_name", observed.check.name().into()),
            ("reason", observed.reason.as_str().into()),
            ("passive_mode", observed.passive_mode.into()),
            ("client_ip", observed.client_ip.map(|address| address.to_string()).into()),
            ("path", observed.path.as_str().into()),
            ("method", observed.method.as_str().into()),
            ("status_code", observed.status_code.into()),
        ];
        // The reason describes an attack, as `trigger_info` does.
        let described = observed.check == Check::SuspiciousActivity;
        for (name, observed) in fields.iter().filter(|(name, _)| !(described && *name == "reason")) {
            let title = format!("`{name}` of `on_block`'s argument {index}");
            differs(found, Aspect::OnBlock, &title, &expected.get(*name), &Some(observed));
        }
    }
}

/// The tables for the case's countries.
pub(super) fn countries<E>(flow: &Flow<E>) -> Result<AddressTables, String> {
    let mut tables = AddressTables::builder();
    for (address, country) in &flow.geo_countries {
        let country: Country = country.parse().map_err(|error| format!("{country}: {error}"))?;
        tables = tables.country(country, [only(*address)]);
    }
    Ok(tables.build())
}

/// The network of one address.
pub(super) fn only(address: IpAddr) -> Cidr {
    Cidr::from(address)
}

fn compare_response(
    found: &mut Vec<Disagreement>,
    title: &str,
    expected: &ExpectedResponse,
    observed: &AppResponse,
) {
    differs(found, Aspect::Status, &format!("{title}: status"), &expected.status, &observed.status);
    if let Some(body) = &expected.body {
        differs(found, Aspect::Body, &format!("{title}: body"), body, &observed.body);
    }
    for (name, value) in &expected.headers {
        let all: Vec<_> =
            observed.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        differs(found, Aspect::Headers, &format!("{title}: {name}"), &vec![value.as_str()], &all);
    }
    // A response must not grant cross-origin access unless the case expects it.
    let permission = "Access-Control-Allow-Origin";
    if observed.headers.contains_key(permission) && !expected.headers.contains_key(permission) {
        found.push(Disagreement::new(Aspect::Headers, format!("{title}: {permission} is present")));
    }
    let text = |event: &Map<String, Value>, name: &str| {
        event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let events = observed.events.iter().filter(|event| text(event, "handler_name") == PIPELINE);
    let events = events.map(|event| (text(event, "event_type"), text(event, "action_taken"))).collect();
    differs(found, Aspect::Events, &format!("{title}: events"), &expected.events, &events);
}
