//! The engine with the store in memory: one scratch that stays warm, a request that is parsed already.

use std::hint::black_box;

use bytes::Bytes;
use http::Request;
use portcullis_core::{Head, Peer, Scratch};
use portcullis_runtime::{MemoryStore, SystemClock};

use crate::requests::CLIENT;
use crate::scenario::Scenario;

/// Evaluate the request of the scenario this many times.
pub(crate) fn run(scenario: Scenario, count: usize) {
    let engine = scenario.config().compile().expect("the configuration is valid");
    let (engine, policy) = match scenario.policy() {
        Some(policy) => {
            let (engine, handle) = engine.with_policy("cost", &policy).expect("the policy is valid");
            (engine, Some(handle))
        }
        None => (engine, None),
    };
    let fixed = scenario.request();
    let mut request = Request::builder().method(fixed.method).uri(fixed.target);
    for (name, value) in fixed.headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).expect("the request is valid").into_parts();
    let (store, clock, mut scratch) = (MemoryStore::new(), SystemClock::new(), Scratch::new());
    for _ in 0..count {
        let body = Bytes::from_static(fixed.body.as_bytes());
        let head = Head::from(black_box(&parts))
            .peer(Peer::Address(CLIENT.ip()))
            .has_body(!body.is_empty())
            .policy(policy)
            .route(parts.uri.path());
        let verdict = engine.evaluate_head(head, body, &store, &clock, &mut scratch);
        let status = verdict.status().unwrap_or(200);
        assert_eq!(status, scenario.status(), "the verdict is not the one that is measured");
    }
}
