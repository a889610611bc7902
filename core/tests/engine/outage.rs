//! A store that does not answer: each rule says what that means, and detection does not depend on it.

use std::sync::atomic::Ordering;

use portcullis_core::config::OnUnavailable;
use portcullis_core::{Check, RoutePolicy, Scratch, Step};

use crate::support::{NOW, Request, SQL, Store, engine, events, header, with_policy};

fn down() -> Store {
    let store = Store::default();
    store.down.store(true, Ordering::Relaxed);
    store
}

#[test]
fn allow_and_local_let_the_request_pass_and_say_so() {
    for choice in [OnUnavailable::Allow, OnUnavailable::Local] {
        let engine = engine(|config| {
            config.rate.on_unavailable = choice;
            config.ban.on_unavailable = choice;
        });
        let verdict = Request::get("/").run(&engine, &down());
        assert!(verdict.is_allow() && verdict.record.store_unavailable);
        let (request, mut scratch) = (Request::get("/"), Scratch::new());
        let Step::State(need) = engine.begin(request.head(), NOW, &mut scratch) else { panic!("a batch") };
        assert_eq!(need.on_unavailable(), choice, "the driver is told whether to count on its own");
    }
}

#[test]
fn deny_answers_503_with_the_time_to_come_back() {
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
fn a_rule_that_does_not_apply_has_no_say() {
    let limits = engine(|config| {
        config.rate.on_unavailable = OnUnavailable::Deny;
        config.ban.on_unavailable = OnUnavailable::Allow;
        config.access.exempt = vec!["198.51.100.7".parse().unwrap()];
    });
    assert!(
        Request::get("/").run(&limits, &down()).is_allow(),
        "an exempt client has no limit to be sure about"
    );
    let other = Request::get("/").peer(portcullis_core::Peer::Address([192, 0, 2, 1].into()));
    assert_eq!(other.status(&limits, &down()), Some(503));
    let bans = engine(|config| {
        config.rate.on_unavailable = OnUnavailable::Allow;
        config.ban.on_unavailable = OnUnavailable::Deny;
    });
    let (bans, handle) = with_policy(&bans, RoutePolicy::new().bypass(Check::IpBan));
    assert!(Request::get("/").policy(handle).run(&bans, &down()).is_allow());
    assert_eq!(Request::get("/").status(&bans, &down()), Some(503));
}

#[test]
fn lists_and_detection_work_without_a_store() {
    let engine = engine(|config| config.access.deny = vec!["192.0.2.0/24".parse().unwrap()]);
    let verdict = Request::get(&format!("/?id={SQL}")).run(&engine, &down());
    assert_eq!((verdict.status(), verdict.record.store_unavailable), (Some(400), true));
    assert!(verdict.finding.is_some());
    let listed = Request::get("/").peer(portcullis_core::Peer::Address([192, 0, 2, 1].into()));
    assert_eq!(listed.status(&engine, &down()), Some(403));
}
