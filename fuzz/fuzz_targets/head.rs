//! Any request through the whole machine: no panic, the same verdict twice, and never an allowed request that was not
//! inspected without a verdict that says so.
#![no_main]

use std::net::IpAddr;

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use portcullis_core::{Clock, Config, Engine, Head, NoFacts, Peer, Scratch, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;

#[derive(Arbitrary, Debug)]
struct Request<'a> {
    peer: Option<[u8; 16]>,
    method: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    headers: Vec<(Name<'a>, &'a [u8])>,
    body: &'a [u8],
    strict: bool,
}

#[derive(Arbitrary, Debug)]
enum Name<'a> {
    Forwarded,
    ForwardedFor,
    ForwardedProto,
    Cookie,
    ContentType,
    ContentLength,
    ContentEncoding,
    Other(&'a str),
}

impl AsRef<str> for Name<'_> {
    fn as_ref(&self) -> &str {
        match self {
            Self::Forwarded => "forwarded",
            Self::ForwardedFor => "X-Forwarded-For",
            Self::ForwardedProto => "x-forwarded-proto",
            Self::Cookie => "Cookie",
            Self::ContentType => "content-type",
            Self::ContentLength => "content-length",
            Self::ContentEncoding => "content-encoding",
            Self::Other(name) => name,
        }
    }
}

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

fn engine(strict: bool) -> Engine {
    let mut config = Config::default();
    config.client.trusted_proxies = vec!["::/0".into(), "unix".into()];
    config.client.trust_proto = true;
    if strict {
        config.client.header = "forwarded".into();
        config.client.proxy_depth = 3;
        config.rate.key = vec!["client".into(), "cookie:sid".into(), "header:x-key".into()];
    }
    config.compile().expect("a valid configuration")
}

fn verdict(engine: &Engine, request: &Request<'_>) -> Verdict {
    let head = Head {
        method: request.method,
        path: request.path,
        query: request.query,
        authority: None,
        headers: &request.headers,
        peer: request.peer.map_or(Peer::Unix, |octets| Peer::Address(IpAddr::from(octets))),
        tls: false,
        has_body: !request.body.is_empty(),
        policy: None,
        route: None,
        principal: None,
        facts: &NoFacts,
        notices: true,
    };
    let store = MemoryStore::builder().max_windows(64).max_bans(64).shards(1).build();
    let body = Bytes::copy_from_slice(request.body);
    engine.evaluate_head(head, body, &store, &Frozen, &mut Scratch::new())
}

fuzz_target!(|request: Request<'_>| {
    let engine = engine(request.strict);
    let (first, second) = (verdict(&engine, &request), verdict(&engine, &request));
    assert_eq!(first.status(), second.status());
    assert_eq!(first.finding, second.finding);
    assert_eq!(first.client, second.client);
    if first.is_allow() && first.coverage.is_complete() {
        assert!(first.coverage.seen >= request.path.len() as u64, "allowed without a look");
    }
});
