//! Whatever spelling of a path a router accepts, the limit of the path counts it.
//!
//! Generated spellings are written to a socket of each framework, whose router has a handler at `/comments` and a limit of one
//! request for that path. Each pair of spellings has a client of its own: if the first runs the handler, the second must not.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};

use portcullis_conformance::target::Target as _;
use portcullis_conformance::targets::framework::Framework;
use portcullis_conformance::targets::tcp::Tcp;
use portcullis_conformance::targets::{actix_tcp, axum_tcp, rocket_tcp};
use portcullis_conformance::vector::{VectorFile, WirePeer, WireRequest};
use portcullis_core::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const CASE: &str = r#"
[[case]]
name = "comments"
config = { detect = { enabled = false }, rate = { limit = "600/min", endpoint = [{ path = "/comments", limit = "1/min" }] } }
routes = { "/comments" = "" }
[[case.step]]
target = "/comments"
expect = { status = 200 }
"#;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A service with the limit.
struct Service {
    framework: Framework<Tcp>,
    clients: u32,
}

impl Service {
    fn new(server: impl Fn(&portcullis_conformance::vector::Case) -> Result<Framework<Tcp>, String>) -> Self {
        let file = VectorFile::parse("spellings", CASE).unwrap();
        Self { framework: server(&file.cases[0]).unwrap(), clients: 0 }
    }

    /// The statuses of two requests of one client, and whether the handler of `/comments` ran for each.
    fn send(&mut self, targets: [&str; 2]) -> [(u16, bool); 2] {
        self.clients += 1;
        let peer = WirePeer::Address(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + self.clients)));
        targets.map(|target| {
            let request = WireRequest {
                peer,
                tls: false,
                method: "GET".into(),
                target: target.into(),
                http2: false,
                headers: Vec::new(),
                chunks: Vec::new(),
                response: None,
            };
            let observed = self.framework.send(NOW, &request);
            let route = observed.headers.get("x-route").map(http::HeaderValue::as_bytes);
            (observed.status, observed.handler.is_some() && route == Some(b"/comments"))
        })
    }
}

/// One character of the path, in the spellings that a router may read as it.
fn character(plain: char) -> impl Strategy<Value = String> {
    let code = u32::from(plain);
    prop_oneof![
        8 => Just(plain.to_string()),
        2 => Just(format!("%{code:02x}")),
        2 => Just(format!("%{code:02X}")),
        1 => Just(format!("%25{code:02x}")),
        1 => Just(plain.to_ascii_uppercase().to_string()),
    ]
}

/// What a router may ignore between, before and after segments.
fn noise() -> impl Strategy<Value = String> {
    const NOISE: [&str; 20] = [
        "/", "/", "//", "/.", "/./", "/..", "/x/..", "/x/../", "/%2e", "/%2E%2e", ";x", ";x=1/", "\\", "%2f",
        "%2F", "%5c", "%00", "%ff", "?", "%3f",
    ];
    prop_oneof![6 => Just(String::new()), 4 => prop::sample::select(&NOISE[..]).prop_map(String::from)]
}

fn spelling() -> impl Strategy<Value = String> {
    let name = "comments".chars().map(character).collect::<Vec<_>>();
    (noise(), name, noise(), noise()).prop_map(|(before, name, after, last)| {
        let before = if before.starts_with(['/', '\\', '%']) { before } else { String::new() };
        let slash = if before.ends_with('/') && before.len() > 1 { "" } else { "/" };
        // A target starts with a slash: others are no paths.
        let target = format!("{before}{slash}{}{after}{last}", name.concat());
        if target.starts_with('/') { target } else { format!("/{target}") }
    })
}

/// Panics if a second spelling runs the handler. Returns how many spellings other than the plain one ran it.
fn verify(name: &str, service: Service) -> u32 {
    let (service, reached) = (std::cell::RefCell::new(service), Cell::new(0));
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&(spelling(), spelling()), |(one, two)| {
        let mut service = service.borrow_mut();
        for (first, second) in [(&*one, &*two), (&*one, "/comments"), ("/comments", &*one)] {
            let [(_, first_ran), (status, second_ran)] = service.send([first, second]);
            prop_assert!(!(first_ran && second_ran), "{name}: {first} and {second} both ran the handler");
            // The budget is used up, so what would run the handler is rejected by the limit.
            if first_ran && second == "/comments" {
                prop_assert_eq!(status, 429, "{}: {} did not count", name, first);
            }
            reached.set(reached.get() + u32::from(first_ran && first != "/comments"));
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    reached.get()
}

#[test]
fn checklist_47_axum_runs_no_handler_beyond_its_limit() {
    // Axum compares the path as received, so few spellings run the handler.
    verify("axum", Service::new(axum_tcp::server));
}

#[test]
fn checklist_47_actix_runs_no_handler_beyond_its_limit() {
    let reached = verify("actix", Service::new(actix_tcp::server));
    assert!(reached > 20, "{reached} spellings ran the handler");
}

#[test]
fn checklist_47_rocket_runs_no_handler_beyond_its_limit() {
    let reached = verify("rocket", Service::new(rocket_tcp::server));
    assert!(reached > 20, "{reached} spellings ran the handler");
}

#[test]
fn known_spellings_of_each_router_count() {
    for (name, server, spellings) in [
        ("axum", Service::new(axum_tcp::server), &["/comments?x"][..]),
        ("actix", Service::new(actix_tcp::server), &["/%63omments", "/c%6Fmments"][..]),
        ("rocket", Service::new(rocket_tcp::server), &["/%63omments", "//comments", "/comments/"][..]),
    ] {
        let mut server = server;
        for spelling in spellings {
            assert_eq!(
                server.send([spelling, "/comments"]),
                [(200, true), (429, false)],
                "{name}: {spelling}"
            );
        }
    }
}
