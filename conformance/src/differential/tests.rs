use std::collections::BTreeMap;

use portcullis_core::Config;
use portcullis_runtime::AddressTables;

use super::*;
use crate::vector::{HandlerResponse, WirePeer};

fn case(config: &str) -> Case {
    Case {
        name: "x".into(),
        checklist: Vec::new(),
        defect: Vec::new(),
        fixes: None,
        wire: false,
        nested: false,
        http2: false,
        config: Config::from_toml(config).unwrap(),
        rejected: None,
        policies: BTreeMap::new(),
        routes: BTreeMap::new(),
        facts: AddressTables::default(),
        steps: Vec::new(),
    }
}

fn get(target: &str) -> WireRequest {
    WireRequest {
        peer: WirePeer::Address(ADDRESSES[0]),
        tls: false,
        method: "GET".into(),
        target: target.into(),
        http2: false,
        headers: Vec::new(),
        chunks: Vec::new(),
        response: None,
    }
}

#[test]
fn differences_are_found_field_by_field() {
    let mut service = DifferentialService::new(&case("")).unwrap();
    // An adapter with a limit, without detection and security headers, differs from the engine in every field.
    let other = case("rate.limit = \"1/min\"\ndetect.enabled = false\nheaders.enabled = false");
    service.adapters[1].1 = Box::new(Actix::new(&other).unwrap());
    let attack = get("/?q=%3Cscript%3Ealert(1)%3C/script%3E");
    let found = service.send(Duration::ZERO, &attack).unwrap_err();
    for what in ["status", "headers", "body", "handler", "class", "events"] {
        assert!(found.contains(&format!("actix: {what}: ")), "{what} in {found}");
    }
    assert!(!found.contains("axum: ") && !found.contains("rocket: "), "{found}");
    service.begin();
    assert!(service.send(Duration::ZERO, &get("/")).unwrap_err().contains("actix: headers"));
    assert!(service.send(Duration::ZERO, &get("/")).unwrap_err().contains("actix: status: 429"));
}

#[test]
fn begin_resets_all_state() {
    let mut service = DifferentialService::new(&case("rate.limit = \"1/min\"")).unwrap();
    for _ in 0..3 {
        service.begin();
        assert_eq!(service.engine.send(service.now, &get("/")).status, 200);
        assert_eq!(service.engine.send(service.now, &get("/")).status, 429);
    }
}

#[test]
fn a_request_that_is_not_the_same_everywhere_is_sent_nowhere() {
    let mut routed = case("");
    routed.routes = [("/admin", ""), ("/a/{*rest}", "")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    let mut service = DifferentialService::new(&routed).unwrap();
    let mut sent = |request: &WireRequest| service.send(Duration::ZERO, request).unwrap();
    for target in ["/", "/admin", "/admin?x=//%61", "/a/b", "/%62", "//b"] {
        assert!(sent(&get(target)), "{target}");
    }
    for target in ["*", "http://a/b", "/%61dmin", "//admin", "/admin/", "/a", "/a/", "/x#y", "", "a"] {
        assert!(!sent(&get(target)), "{target}");
    }
    let with = |name: &str, value: &[u8], body: &'static [u8]| WireRequest {
        headers: vec![(name.into(), value.into())],
        chunks: (!body.is_empty()).then(|| body.into()).into_iter().collect(),
        response: Some(Box::new(HandlerResponse::echo(Bytes::new()))),
        ..get("/")
    };
    assert!(sent(&with("content-length", b"1", b"a")));
    assert!(sent(&with("transfer-encoding", b"chunked", b"a")));
    assert!(!sent(&with("transfer-encoding", b"gzip", b"a")));
    assert!(!sent(&with("content-length", b"2", b"a")));
    assert!(!sent(&with("x", b"\xff", b"")));
    assert!(!sent(&with("x y", b"", b"")));
    assert!(!sent(&WireRequest { method: "PROPFIND".into(), ..get("/") }));
}
