//! Heads of any bytes: no panic, and the same verdict each time.

use std::net::IpAddr;

use portcullis_core::{Engine, Peer};
use proptest::prelude::*;

use crate::support::{Request, Store, engine};

/// Names of headers that the engine reads, and others.
const NAMES: [&str; 12] = [
    "",
    "accept",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x y\u{0}",
];

fn strict() -> Engine {
    engine(|config| {
        config.client.trusted_proxies =
            ["0.0.0.0/0", "::/0", "unix"].map(|proxy| proxy.parse().unwrap()).into();
        config.client.trust_proto = true;
        config.client.proxy_depth = 3;
        config.rate.key = ["client", "cookie:sid", "header:x-key"].map(|part| part.parse().unwrap()).into();
        config.cors.enabled = true;
        config.site.hosts = vec!["example.com".into()];
        config.site.https = true;
        config.access.deny_user_agents = vec!["bot".into()];
        config.trap.paths = vec!["/.env".into()];
        config.exclude_paths = vec!["/health".into()];
    })
}

/// Bytes with a meaning to some parser, and all others.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let telling = proptest::sample::select(&b"%&=;,:\"'\\/<>()[]{}.?#+ \r\n\0\xc0\xaf0f"[..]);
    proptest::collection::vec(prop_oneof![3 => telling, 1 => any::<u8>()], 0..64)
}

fn text() -> impl Strategy<Value = String> {
    hostile().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|octets| Peer::Address(IpAddr::from(octets))),
        any::<[u8; 4]>().prop_map(|octets| Peer::Address(IpAddr::from(octets))),
        Just(Peer::Unix),
    ]
}

prop_compose! {
    fn request()(
        method in prop_oneof![Just("GET".to_owned()), Just("OPTIONS".to_owned()), text()],
        path in text(),
        query in proptest::option::of(text()),
        lines in proptest::collection::vec((proptest::sample::select(&NAMES[..]), hostile()), 0..6),
        peer in peer(),
    ) -> Request {
        let headers = lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Request { method, path, query, headers, sample_info_events: true, ..Request::get("/") }.peer(peer)
    }
}

proptest! {
    #[test]
    fn checklist_39_no_head_panics(request in request()) {
        for engine in [engine(|_| {}), strict()] {
            let (first, second) = (request.run(&engine, &Store::default()), request.run(&engine, &Store::default()));
            prop_assert_eq!(first.status(), second.status());
            prop_assert_eq!(&first.finding, &second.finding);
            prop_assert_eq!(&first.client, &second.client);
        }
    }
}
