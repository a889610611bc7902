use alloc::string::ToString;

use super::*;
use crate::config::{Config, ConfigErrors};

fn rules(edit: impl FnOnce(&mut Config)) -> Result<Cors, Vec<String>> {
    let mut config = Config::default();
    config.cors.enabled = true;
    edit(&mut config);
    let mut errors = ConfigErrors::default();
    let cors = crate::compile::cors::cors(&config, &mut errors);
    let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if problems.is_empty() { Ok(cors.unwrap()) } else { Err(problems) }
}

fn texts(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| String::from(*entry)).collect()
}

fn listed(origins: &[&str]) -> Cors {
    rules(|config| config.cors.origins = texts(origins)).unwrap()
}

fn says(cors: &Cors, origin: &str) -> bool {
    let mut lines = HeaderValues::default();
    lines.add(origin.as_bytes());
    cors.allow_origin(cors.origin(lines)).is_some()
}

fn preflight(cors: &Cors, method: &str, names: &[&str]) -> PreflightReply {
    let mut headers = vec![("Access-Control-Request-Method", method)];
    headers.extend(names.iter().map(|names| ("access-control-request-headers", *names)));
    cors.preflight_reply(Origin::Any, &headers)
}

fn field<'a>(reply: &'a PreflightReply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.to_str().ok())
}

#[test]
fn an_origin_is_allowed_as_a_browser_writes_it_and_not_in_any_other_way() {
    let cors =
        listed(&["HTTPS://App.Example.COM:443", "http://localhost:3000", "https://[2001:DB8:0::1]:8443"]);
    for allowed in ["https://app.example.com", "http://localhost:3000", "https://[2001:db8::1]:8443"] {
        assert!(says(&cors, allowed), "{allowed}");
    }
    for other in [
        "",
        "null",
        "https://app.example.com.evil.test",
        "https://evil.test/https://app.example.com",
        "https://xapp.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com:443",
        "https://app.example.com/",
        "https://APP.example.com",
        "https://app.example.com,https://evil.test",
        "http://localhost",
    ] {
        assert!(!says(&cors, other), "{other}");
    }
}

#[test]
fn two_origins_are_none() {
    let cors = listed(&["https://a.test"]);
    let mut lines = HeaderValues::default();
    lines.add(b"https://a.test");
    lines.add(b"https://evil.test");
    assert_eq!(cors.origin(lines), Origin::Other);
    assert_eq!(cors.origin(HeaderValues::default()), Origin::Other);
}

#[test]
fn methods_are_compared_as_they_are_sent() {
    let cors = rules(|config| config.cors.methods = texts(&["get", "patch"])).unwrap();
    assert_eq!(preflight(&cors, "PATCH", &[]).disallowed, [""; 0]);
    for method in ["patch", "POST", "", "GET, PATCH"] {
        assert_eq!(preflight(&cors, method, &[]).disallowed, ["method"], "{method}");
    }
    assert_eq!(field(&preflight(&cors, "GET", &[]), "access-control-allow-methods"), Some("GET, PATCH"));
}

#[test]
fn any_method_is_named_back() {
    let cors = rules(|config| config.cors.methods = texts(&["*"])).unwrap();
    let reply = preflight(&cors, "PURGE", &[]);
    assert_eq!(field(&reply, "access-control-allow-methods"), Some("PURGE"));
    assert_eq!(preflight(&cors, "PU RGE", &[]).disallowed, ["method"]);
}

#[test]
fn an_explicit_list_of_headers_is_sent_on_success() {
    let cors = rules(|config| config.cors.headers = texts(&["X-Token", "content-type", "x-token"])).unwrap();
    let reply = preflight(&cors, "GET", &["x-token,Content-Type"]);
    assert!(reply.disallowed.is_empty());
    assert_eq!(field(&reply, "access-control-allow-headers"), Some("x-token, content-type"));
    assert_eq!(preflight(&cors, "GET", &["x-token", "x-other"]).disallowed, ["headers"]);
}

#[test]
fn names_are_echoed_only_as_names() {
    let cors = rules(|_| {}).unwrap();
    let reply = preflight(&cors, "GET", &["X-A, authorization,,", "x-b"]);
    assert_eq!(field(&reply, "access-control-allow-headers"), Some("x-a, authorization, x-b"));
    assert_eq!(field(&preflight(&cors, "GET", &[]), "access-control-allow-headers"), None);
    for bad in ["x a", "x-a\u{7f}", "x-a;q=1"] {
        let reply = preflight(&cors, "GET", &[bad]);
        assert_eq!(reply.disallowed, ["headers"], "{bad}");
        assert_eq!(field(&reply, "access-control-allow-headers"), None);
    }
    let long = "x".repeat(MAX_REQUESTED_HEADERS / 2 + 1);
    assert_eq!(preflight(&cors, "GET", &[&long, &long]).disallowed, ["headers"]);
}

#[test]
fn a_rejection_of_grpc_web_can_be_read_by_scripts() {
    let cors = rules(|config| config.cors.expose = texts(&["X-Total"])).unwrap();
    let exposed = |grpc| cors.access_headers(Origin::Any, grpc).last().unwrap().1;
    assert_eq!(exposed(false), "x-total");
    assert_eq!(exposed(true), "x-total, grpc-status, grpc-message");
}
