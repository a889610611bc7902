//! Any request through the whole engine: no panic, the same verdict twice, no allowed request without inspection unless the
//! verdict reports it, and twice the query for at most twice the work.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use portcullis_core::fuzzing::work_at_most_doubles;
use portcullis_core::{Clock, Config, Engine, Scratch, Timestamp, Verdict};
use portcullis_fuzz::{Request, peer};
use portcullis_runtime::MemoryStore;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    strict: bool,
    peer: Option<[u8; 16]>,
    request: &'a [u8],
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

fn engine(strict: bool) -> Engine {
    let mut config = Config::default();
    config.client.trusted_proxies = ["::/0", "unix"].map(|proxy| proxy.parse().unwrap()).into();
    config.client.trust_proto = true;
    if strict {
        config.client.header = "forwarded".parse().unwrap();
        config.client.proxy_depth = 3;
        config.rate.key = ["client", "cookie:sid", "header:x-key"].map(|part| part.parse().unwrap()).into();
    }
    config.compile().expect("a valid configuration")
}

fn verdict(engine: &Engine, input: &Input<'_>, request: &Request<'_>) -> Verdict {
    let store = MemoryStore::builder().max_windows(64).max_bans(64).shards(1).build();
    let body = Bytes::copy_from_slice(request.body);
    engine.evaluate_head(request.head(peer(input.peer)), body, &store, &FixedClock, &mut Scratch::new())
}

fuzz_target!(|input: Input<'_>| {
    let (engine, request) = (engine(input.strict), Request::read(input.request));
    let (first, second) = (verdict(&engine, &input, &request), verdict(&engine, &input, &request));
    assert_eq!(first.status(), second.status());
    assert_eq!(first.finding, second.finding);
    assert_eq!(first.client, second.client);
    if first.is_allow() && first.coverage.is_complete() {
        assert!(first.coverage.inspected >= request.path.len() as u64, "allowed without inspection");
    }
    let query = request.query.unwrap_or_default();
    work_at_most_doubles(query.as_bytes(), |query| {
        let query = std::str::from_utf8(query).ok();
        let _ = verdict(&engine, &input, &Request { method: "GET", path: "/", query, ..Request::default() });
    });
});
