//! A store that is unavailable: each rule defines the result, and detection does not depend on it.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use portcullis_core::config::{EndpointRate, OnUnavailable, OnUnknownClient};
use portcullis_core::state::{Batch, Op, StateStore, StoreResponse};
use portcullis_core::{Check, Clock, Engine, Peer, Rate, RequestSlot, RoutePolicy, Scratch, Step, Timestamp};

use crate::support::{NOW, Request, SQL, Store, engine, events, header, with_policy};

fn down() -> Store {
    let store = Store::default();
    store.down.store(true, Ordering::Relaxed);
    store
}

#[test]
fn allow_and_local_let_the_request_pass_and_report_it() {
    for choice in [OnUnavailable::Allow, OnUnavailable::Local] {
        let engine = engine(|config| {
            config.rate.on_unavailable = choice;
            config.ban.on_unavailable = choice;
        });
        let verdict = Request::get("/").run(&engine, &down());
        assert!(verdict.is_allow() && verdict.record.store_unavailable);
        let (request, mut scratch) = (Request::get("/"), Scratch::new());
        let mut slot = RequestSlot::new();
        let Step::State(need) = engine.begin(request.head(), NOW, &mut scratch, &mut slot) else {
            panic!("a batch")
        };
        assert_eq!(need.on_unavailable(), choice, "the driver learns whether to count locally");
    }
}

#[test]
fn deny_replies_503_with_retry_after() {
    for (rate, ban) in [
        (OnUnavailable::Deny, OnUnavailable::Allow),
        (OnUnavailable::Allow, OnUnavailable::Deny),
        (OnUnavailable::Local, OnUnavailable::Deny),
    ] {
        let engine = engine(|config| {
            config.rate.on_unavailable = rate;
            config.ban.on_unavailable = ban;
        });
        let verdict = Request::get("/").run(&engine, &down());
        assert_eq!((verdict.status(), verdict.record.check), (Some(503), Some(Check::State)));
        assert_eq!(header(&verdict, "retry-after"), Some("5"));
        assert_eq!(events(&verdict), ["redis_error"]);
        assert!(Request::get("/").run(&engine, &Store::default()).is_allow());
    }
}

#[test]
fn a_rule_that_does_not_apply_does_not_decide() {
    let limits = engine(|config| {
        config.rate.on_unavailable = OnUnavailable::Deny;
        config.ban.on_unavailable = OnUnavailable::Allow;
        config.access.exempt = vec!["198.51.100.7".parse().unwrap()];
    });
    assert!(Request::get("/").run(&limits, &down()).is_allow(), "no limit applies to an exempt client");
    let other = Request::get("/").peer(Peer::Address([192, 0, 2, 1].into()));
    assert_eq!(other.status(&limits, &down()), Some(503));
    let bans = engine(|config| {
        config.rate.on_unavailable = OnUnavailable::Allow;
        config.ban.on_unavailable = OnUnavailable::Deny;
    });
    let (bans, handle) = with_policy(&bans, RoutePolicy::new().bypass(portcullis_core::Bypass::IpBan));
    assert!(Request::get("/").policy(handle).run(&bans, &down()).is_allow());
    assert_eq!(Request::get("/").status(&bans, &down()), Some(503));
}

#[test]
fn defect_08_lists_and_detection_work_without_a_store() {
    let engine = engine(|config| config.access.deny = vec!["192.0.2.0/24".parse().unwrap()]);
    let verdict = Request::get(&format!("/?id={SQL}")).run(&engine, &down());
    assert_eq!((verdict.status(), verdict.record.store_unavailable), (Some(400), true));
    assert!(verdict.finding.is_some());
    let listed = Request::get("/").peer(Peer::Address([192, 0, 2, 1].into()));
    assert_eq!(listed.status(&engine, &down()), Some(403));
}

/// A store whose reply never arrives.
#[derive(Debug)]
struct Later;

impl StateStore for Later {
    fn apply<'a>(&'a self, _: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Pending(Box::pin(std::future::pending()))
    }

    fn defer(&self, _: &Batch) {}
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[test]
fn evaluate_does_not_wait_for_a_pending_reply() {
    let request = Request::get("/");
    let run = |engine: &Engine| {
        engine.evaluate_head(request.head(), Bytes::new(), &Later, &Still, &mut Scratch::new())
    };
    let verdict = run(&engine(|_| {}));
    assert!(verdict.is_allow() && verdict.record.store_unavailable);
    let strict = engine(|config| config.ban.on_unavailable = OnUnavailable::Deny);
    assert_eq!(run(&strict).status(), Some(503));
}

#[test]
fn all_look_ups_of_a_request_are_in_one_batch() {
    let limited = engine(|config| {
        config.rate.endpoint.push(EndpointRate::new("/login", Rate::per_minute(1)));
    });
    let (limited, route) = with_policy(&limited, RoutePolicy::new().rate(Rate::per_minute(2)));
    let batch = |engine: &Engine, request: &Request| {
        let mut scratch = Scratch::new();
        let mut slot = RequestSlot::new();
        match engine.begin(request.head(), NOW, &mut scratch, &mut slot) {
            Step::State(need) => {
                assert_eq!(need.batch().now(), NOW);
                need.batch().ops().iter().map(limit_of).collect()
            }
            Step::Done(_) | Step::Continue(_) => Vec::new(),
        }
    };
    let login = Request::get("/login").policy(route);
    assert_eq!(
        batch(&limited, &login),
        [0, 1, 2, 600],
        "the ban first, then the limits, the narrowest first"
    );
    assert_eq!(batch(&limited, &Request::get("/other")), [0, 600]);
    let unix = engine(|config| config.client.on_unknown = OnUnknownClient::Allow);
    assert_eq!(batch(&unix, &Request::get("/").peer(Peer::Unix)), [600], "no ban lookup without an address");
    let listed = engine(|config| config.access.allow = vec!["198.51.100.7".parse().unwrap()]);
    assert_eq!(
        batch(&listed, &Request::get("/")),
        Vec::<u32>::new(),
        "an allowlisted client needs no lookup"
    );
}

/// The limit of a counter, 0 for a ban lookup.
fn limit_of(op: &Op) -> u32 {
    match op {
        Op::FindBan(_) => 0,
        Op::Hit { quota, cost: 1, .. } => quota.limit(),
        other => panic!("not before admission: {other:?}"),
    }
}
