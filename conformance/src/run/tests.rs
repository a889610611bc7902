//! The runner reports every expectation that is not met.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use portcullis_core::{Config, Timestamp};

use super::{run, run_declared};
use crate::target::{Observation, Report, Target};
use crate::vector::{Case, VectorFile, WireRequest};

/// Responds to every request in the same way.
struct ConstantTarget;

impl Target for ConstantTarget {
    fn send(&mut self, _: Timestamp, _: &WireRequest) -> Observation {
        let mut headers = HeaderMap::new();
        headers.insert("x-one", HeaderValue::from_static("1"));
        headers.append("x-two", HeaderValue::from_static("1"));
        headers.append("x-two", HeaderValue::from_static("2"));
        headers.insert("x-reference-id", HeaderValue::from_static("17"));
        let report = Report {
            client: Some("192.0.2.7".into()),
            finding: Some(("xss".into(), "xss.call".into())),
            events: Vec::new(),
            gaps: vec!["length"],
        };
        let body = Bytes::from_static(b"body 17");
        Observation { status: 200, headers, handler: Some(body.clone()), body, report: Some(report) }
    }

    fn ban(&mut self, _: Timestamp, _: IpNet, _: Duration) -> bool {
        true
    }

    fn unban(&mut self, _: Timestamp, _: IpNet) {}

    fn reload(&mut self, _: Config) -> bool {
        true
    }

    fn rules(&mut self, _: Timestamp, _: &str) -> bool {
        true
    }

    fn is_banned(&mut self, _: Timestamp, address: IpAddr) -> bool {
        address.is_ipv6()
    }
}

fn case(step: &str) -> Case {
    let text = format!("[[case]]\nname = \"x\"\n[[case.step]]\n{step}");
    VectorFile::parse("test", &text).unwrap().cases.remove(0)
}

fn outcome(step: &str) -> Result<(), String> {
    run(&case(step), &mut ConstantTarget)
}

#[test]
fn what_is_as_expected_is_no_difference() {
    outcome(
        r#"target = "/"
[case.step.expect]
status = 200
body = "body {reference}"
headers = { x-one = "1" }
present = ["x-one"]
absent = ["x-three"]
handler_body = "body 17"
client = "192.0.2.7"
class = "xss"
rule = "xss.call"
secret = "hunter2"
events = []
gaps = ["length"]
banned = ["::1"]
free = ["192.0.2.7"]"#,
    )
    .unwrap();
    outcome("ban = { target = \"::2\", for = \"1s\" }\nexpect = {}").unwrap();
}

#[test]
fn every_expectation_that_is_not_met_is_a_difference() {
    for expect in [
        "status = 403, handler_ran = true",
        "status = 200, handler_ran = false",
        "status = 200, body = \"body\"",
        "status = 200, body_has = \"18\"",
        "status = 200, headers = { x-one = \"2\" }",
        "status = 200, headers = { x-two = \"1\" }",
        "status = 200, headers = { x-three = \"1\" }",
        "status = 200, present = [\"x-two\"]",
        "status = 200, present = [\"x-three\"]",
        "status = 200, absent = [\"x-one\"]",
        "status = 200, handler_body = \"body\"",
        "status = 200, handler_body_sha256 = \"00\"",
        "status = 200, client = \"unknown\"",
        "status = 200, class = \"\"",
        "status = 200, class = \"sqli\"",
        "status = 200, rule = \"xss.cookie\"",
        "status = 200, secret = \"body\"",
        "status = 200, events = [[\"ip_blocked\", \"request_blocked\"]]",
        "status = 200, gaps = []",
        "status = 200, banned = [\"192.0.2.7\"]",
        "status = 200, free = [\"::1\"]",
    ] {
        let step = format!("target = \"/\"\nexpect = {{ {expect} }}");
        assert!(outcome(&step).is_err(), "{expect}");
    }
    for step in [
        "ban = { target = \"::2\", for = \"1s\" }\nexpect = { rejected = true }",
        "reload = {}\nexpect = { rejected = true }",
        "reload = { rte = {} }\nexpect = {}",
        "unban = \"::2\"\nexpect = { free = [\"::2\"] }",
    ] {
        assert!(outcome(step).is_err(), "{step}");
    }
}

#[test]
fn a_difference_names_its_step_and_field() {
    let difference =
        outcome("at = \"5s\"\nrepeat = 2\ntarget = \"/a\"\nexpect = { status = 429 }").unwrap_err();
    assert!(difference.starts_with("step 0 at 5000ms, GET /a (1 of 2):\n"), "{difference}");
    assert!(difference.contains("status: expected Some(429), observed Some(200)"), "{difference}");
}

#[test]
fn a_known_difference_must_differ() {
    let good = case("target = \"/\"\nexpect = { status = 200 }");
    let bad = case("target = \"/\"\nexpect = { status = 201, handler_ran = true }");
    assert!(run_declared(&good, None, |_| Ok(Box::new(ConstantTarget))).is_ok());
    assert!(run_declared(&good, Some("why"), |_| Ok(Box::new(ConstantTarget))).is_err());
    assert!(run_declared(&bad, None, |_| Ok(Box::new(ConstantTarget))).is_err());
    assert!(run_declared(&bad, Some("why"), |_| Ok(Box::new(ConstantTarget))).is_ok());
    assert!(run_declared(&bad, Some("why"), |_| Err("no target".into())).is_err());
}

#[test]
fn a_wrong_configuration_must_be_rejected_with_the_expected_message() {
    let text =
        "[[case]]\nname = \"x\"\nrejected = \"out of range\"\nconfig = { client = { ipv6_prefix = 1 } }";
    let unread = VectorFile::parse("test", text).unwrap().cases.remove(0);
    assert!(run_declared(&unread, None, |_| Ok(Box::new(ConstantTarget))).is_ok());
    let text = "[[case]]\nname = \"x\"\nrejected = \"no room\"";
    let built = VectorFile::parse("test", text).unwrap().cases.remove(0);
    assert!(run_declared(&built, None, |_| Ok(Box::new(ConstantTarget))).is_err());
    assert!(run_declared(&built, None, |_| Err("there is no room".into())).is_ok());
    assert!(run_declared(&built, None, |_| Err("something else".into())).is_err());
}
