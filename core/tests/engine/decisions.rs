//! Decisions about requests, and the state that they leave.

use std::time::Duration;

use portcullis_core::config::{ClassBan, EndpointRate, OnUnknownClient};
use portcullis_core::detect::Finding;
use portcullis_core::event::{Event, MetaValue};
use portcullis_core::{
    Check, Clock, Gaps, NextStep, Outcome, Peer, Rate, RequestSlot, RoutePolicy, Scratch, Step, Timestamp,
};

use crate::support::{CLIENT, NOW, Request, SCRIPT, SQL, Store, engine, events, header, with_policy};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn attack() -> Request {
    Request::get(&format!("/items?id={SQL}"))
}

#[test]
fn a_clean_request_passes_without_events() {
    let (engine, store) = (engine(|_| {}), Store::default());
    let verdict = Request::get("/items?id=7").header("accept", "*/*").run(&engine, &store);
    assert!(verdict.is_allow() && verdict.status().is_none() && verdict.denial().is_none());
    assert!(verdict.finding.is_none() && verdict.events.is_empty() && verdict.deferred.is_none());
    assert!(verdict.coverage.is_complete());
    assert_eq!(verdict.record.inspected, 6 + 2 + 1 + 3, "path, name, value, header");
    assert_eq!((verdict.record.outcome, verdict.record.check), (Outcome::Allow, None));
    assert_eq!(verdict.client.address, Some(CLIENT));
}

#[test]
fn evaluate_drives_the_same_machine() {
    let (engine, store) = (engine(|_| {}), Store::default());
    let request =
        |target: &str| http::Request::get(target).extension(CLIENT).body(()).unwrap().into_parts().0;
    assert!(engine.evaluate(&request("/items?id=7"), b"", &store, &Noon).is_allow());
    let verdict =
        engine.evaluate(&request("/items?id=1%27+union+select+password+from+users--"), b"", &store, &Noon);
    assert_eq!(verdict.status(), Some(400));
    let no_peer = http::Request::get("/").body(()).unwrap().into_parts().0;
    assert_eq!(engine.evaluate(&no_peer, b"", &store, &Noon).status(), Some(500));
    let post = http::Request::post("/").extension(CLIENT).body(()).unwrap().into_parts().0;
    assert_eq!(engine.evaluate(&post, SCRIPT.as_bytes(), &store, &Noon).status(), Some(400));
    let (engine, handle) = with_policy(&engine, RoutePolicy::new().hook("h"));
    let hooked = http::Request::get("/").extension(CLIENT).extension(handle).body(()).unwrap().into_parts().0;
    assert_eq!(engine.evaluate(&hooked, b"", &store, &Noon).status(), Some(500), "no hook is available");
}

#[test]
fn an_attack_is_rejected_and_described() {
    let (engine, store) = (engine(|_| {}), Store::default());
    let verdict = attack().run(&engine, &store);
    let denial = verdict.denial().unwrap();
    assert_eq!((denial.check, denial.status), (Check::SuspiciousActivity, 400));
    assert_eq!(denial.body, "Suspicious activity detected");
    let finding = verdict.finding.as_ref().unwrap();
    assert_eq!((finding.class.name(), finding.name.as_str()), ("sqli", "id"));
    assert!(finding.score >= 1.0 && finding.rules.contains(&finding.rule));
    assert_eq!(verdict.record.class, Some(finding.class));
    assert_eq!(events(&verdict), ["penetration_attempt"]);
    assert_describes(&verdict.events[0], finding);
    assert_eq!(verdict.events[0].reason, format!("Penetration attempt detected: {finding}"));
    let entry = ("trigger_info", MetaValue::from(finding.to_string()));
    assert!(verdict.events[0].metadata.contains(&entry), "{:?}", verdict.events[0]);
    assert_eq!(finding.field(), "query `id`");
}

/// The event contains the finding: rule, location, decodings, position in the value, and the text itself.
fn assert_describes(event: &Event, finding: &Finding) {
    assert_eq!(event.pattern.as_deref(), Some(&*finding.rule));
    for entry in [
        ("category", finding.class.family_categories()[0].into()),
        ("class", finding.class.name().into()),
        ("cwe", finding.class.cwe().unwrap().into()),
        ("rules", MetaValue::Texts(finding.rules.clone())),
        ("origin", "query".into()),
        ("name", "id".into()),
        ("view", finding.decodings.to_string().into()),
        ("span", MetaValue::Span(finding.span.0, finding.span.1)),
        ("at", MetaValue::Span(finding.at.0, finding.at.1)),
        ("excerpt", finding.excerpt.clone().into()),
    ] {
        assert!(event.metadata.contains(&entry), "{entry:?} in {event:?}");
    }
}

#[test]
fn an_event_has_the_position_of_the_attack_and_its_decodings() {
    let engine = engine(|_| {});
    let verdict = Request::get("/items?id=tea+%3Cscript%3Ealert(1)").run(&engine, &Store::default());
    assert_describes(&verdict.events[0], verdict.finding.as_ref().unwrap());
    for entry in [
        ("view", "plus+percent".into()),
        ("span", MetaValue::Span(4, 12)),
        ("at", MetaValue::Span(4, 16)),
        ("excerpt", "tea <script>alert(1)".into()),
    ] {
        assert!(verdict.events[0].metadata.contains(&entry), "{entry:?} in {verdict:?}");
    }
}

#[test]
fn attacks_add_up_to_a_ban_that_ends() {
    let engine = engine(|config| {
        config.ban.threshold = 3;
        config.ban.duration = portcullis_core::config::HumanDuration(Duration::from_secs(60));
    });
    let store = Store::default();
    assert_eq!(attack().status(&engine, &store), Some(400));
    assert_eq!(attack().status(&engine, &store), Some(400));
    assert!(Request::get("/").run(&engine, &store).is_allow(), "not banned yet");
    let last = attack().run(&engine, &store);
    assert_eq!((last.status(), last.denial().unwrap().body.as_str()), (Some(403), "IP has been banned"));
    assert_eq!(events(&last), ["ip_banned"]);
    assert_describes(&last.events[0], last.finding.as_ref().unwrap());
    assert!(last.events[0].metadata.contains(&("duration", 60_u32.into())));
    let banned = Request::get("/").run(&engine, &store);
    assert_eq!((banned.status(), banned.record.check), (Some(403), Some(Check::IpBan)));
    assert_eq!(banned.denial().unwrap().body, "IP address banned");
    let other = Request::get("/").peer(Peer::Address([198, 51, 100, 8].into()));
    assert!(other.run(&engine, &store).is_allow());
    let just_before = NOW.after(Duration::from_millis(59_999));
    assert_eq!(Request::get("/").run_at(&engine, &store, just_before).status(), Some(403));
    let after = NOW.after(Duration::from_secs(60));
    assert!(Request::get("/").run_at(&engine, &store, after).is_allow());
    assert_eq!(attack().run_at(&engine, &store, after).status(), Some(400), "counted from zero again");
}

#[test]
fn a_class_can_have_a_threshold_of_its_own() {
    let engine = engine(|config| {
        config.ban.class.push(ClassBan::new(portcullis_core::detect::Class::Xss, 1, Duration::from_secs(60)));
    });
    let store = Store::default();
    assert_eq!(attack().status(&engine, &store), Some(400));
    assert_eq!(Request::get(&format!("/?q={SCRIPT}")).status(&engine, &store), Some(403));
}

#[test]
fn loopback_and_trusted_proxies_are_never_banned() {
    let engine = engine(|config| {
        config.ban.threshold = 1;
        config.client.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    for address in [[127, 0, 0, 1], [10, 1, 2, 3]] {
        let store = Store::default();
        let peer = Peer::Address(address.into());
        assert_eq!(attack().peer(peer).status(&engine, &store), Some(400));
        assert!(Request::get("/").peer(peer).run(&engine, &store).is_allow());
    }
    for network in ["127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "10.2.0.0/16", "::1/128", "::/0"] {
        assert!(!engine.may_ban(network.parse().unwrap()), "{network}");
    }
    assert!(engine.may_ban("11.0.0.0/8".parse().unwrap()));
}

#[test]
fn the_limit_is_the_last_request_that_passes() {
    let engine = engine(|config| config.rate.limit = Some(Rate::per_minute(3)));
    let store = Store::default();
    for _ in 0..3 {
        assert!(Request::get("/").run(&engine, &store).is_allow());
    }
    let verdict = Request::get("/").run(&engine, &store);
    assert_eq!((verdict.status(), verdict.record.check), (Some(429), Some(Check::RateLimit)));
    assert_eq!(header(&verdict, "retry-after"), Some("60"));
    assert_eq!(header(&verdict, "ratelimit-policy"), Some("\"default\";q=3;w=60"));
    assert_eq!(events(&verdict), ["rate_limited"]);
    let other = Request::get("/").peer(Peer::Address([198, 51, 100, 8].into()));
    assert!(other.run(&engine, &store).is_allow(), "another client, another counter");
}

#[test]
fn a_window_ends_to_the_millisecond() {
    let engine = engine(|config| config.rate.limit = Some(Rate::per_second(1)));
    let store = Store::default();
    assert!(Request::get("/").run(&engine, &store).is_allow());
    let fresh = NOW.after(Duration::from_secs(1));
    assert!(Request::get("/").run_at(&engine, &store, fresh).is_allow());
    let early = fresh.after(Duration::from_millis(999));
    assert_eq!(Request::get("/").run_at(&engine, &store, early).status(), Some(429));
}

#[test]
fn limits_of_paths_and_routes_count_apart() {
    let engine = engine(|config| {
        let mut login = EndpointRate::new("/login", Rate::per_minute(1));
        login.methods = vec!["post".parse().unwrap()];
        config.rate.endpoint.push(login);
    });
    let (engine, route) = with_policy(&engine, RoutePolicy::new().rate(Rate::per_minute(2)));
    let store = Store::default();
    let login = Request::post("/login", "text/plain", "");
    assert!(login.run(&engine, &store).is_allow());
    let rejected = login.run(&engine, &store);
    assert_eq!(rejected.status(), Some(429));
    assert_eq!(events(&rejected), ["rate_limited", "dynamic_rule_violation"]);
    assert!(Request::get("/login").run(&engine, &store).is_allow(), "another method");
    assert!(Request::post("/logout", "text/plain", "").run(&engine, &store).is_allow(), "another path");
    let rejected = Request::post("/login/", "text/plain", "").run(&engine, &store);
    assert_eq!(rejected.status(), Some(429), "another spelling of the path");
    for path in ["/a", "/b"] {
        assert!(Request::get(path).policy(route).run(&engine, &store).is_allow());
    }
    let rejected = Request::get("/c").policy(route).run(&engine, &store);
    assert_eq!(events(&rejected), ["rate_limited", "decorator_violation"], "one counter for the whole route");
}

#[test]
fn lists_decide_before_any_look_up() {
    let denying = engine(|config| config.access.deny = vec!["198.51.100.0/24".parse().unwrap()]);
    let store = Store::default();
    let verdict = Request::get("/").run(&denying, &store);
    assert_eq!((verdict.status(), verdict.record.check), (Some(403), Some(Check::IpSecurity)));
    assert_eq!(store.applied.load(std::sync::atomic::Ordering::Relaxed), 0);
    let allowing = engine(|config| config.access.allow = vec!["198.51.100.7".parse().unwrap()]);
    assert!(attack().run(&allowing, &store).is_allow(), "the allow list is trusted");
    let stranger = Request::get("/").peer(Peer::Address([192, 0, 2, 1].into()));
    assert_eq!(stranger.status(&allowing, &store), Some(403));
    let exempting = engine(|config| {
        config.access.exempt = vec!["198.51.100.7".parse().unwrap()];
        config.rate.limit = Some(Rate::per_minute(1));
    });
    assert!((0..9).all(|_| Request::get("/").run(&exempting, &store).is_allow()));
    assert_eq!(attack().status(&exempting, &store), Some(400));
    let (routed, handle) = with_policy(&allowing, RoutePolicy::new().allow("192.0.2.0/24".parse().unwrap()));
    assert_eq!(
        Request::get("/").policy(handle).status(&routed, &store),
        Some(403),
        "the route's list replaces"
    );
}

#[test]
fn a_client_without_an_address_is_rejected_unless_allowed() {
    let store = Store::default();
    let deny = engine(|_| {});
    let unix = Request::get("/").peer(Peer::Unix);
    let verdict = unix.run(&deny, &store);
    assert_eq!((verdict.status(), verdict.record.check), (Some(403), Some(Check::ClientAddress)));
    let allow = engine(|config| {
        config.client.on_unknown = OnUnknownClient::Allow;
        config.rate.limit = Some(Rate::per_minute(1));
        config.ban.threshold = 1;
    });
    assert!(unix.run(&allow, &store).is_allow());
    assert_eq!(unix.status(&allow, &store), Some(429), "all such clients share a counter");
    let later = NOW.after(Duration::from_secs(61));
    assert_eq!(
        attack().peer(Peer::Unix).run_at(&allow, &store, later).status(),
        Some(400),
        "and are never banned"
    );
    let missing = Request::get("/").peer(Peer::Missing("call `peer_from`"));
    let verdict = missing.run(&allow, &store);
    assert_eq!(verdict.status(), Some(500), "the server is misconfigured, whatever is configured");
    assert_eq!(verdict.denial().unwrap().body, "Client address could not be determined");
    assert!(verdict.events[0].reason.contains("call `peer_from`"), "the fix is for the operator");
}

#[test]
fn a_policy_of_another_engine_is_rejected() {
    let (plain, store) = (engine(|_| {}), Store::default());
    let (_, foreign) = with_policy(&plain, RoutePolicy::new().rate(Rate::per_minute(5)));
    let verdict = Request::get("/").policy(foreign).run(&plain, &store);
    assert_eq!((verdict.status(), verdict.record.check), (Some(500), Some(Check::RouteConfig)));
    assert_eq!(events(&verdict), ["route_unresolved"]);
    let (engine, known) = with_policy(&plain, RoutePolicy::new());
    assert!(Request::get("/").policy(known).run(&engine, &store).is_allow());
}

#[test]
fn a_clock_that_steps_back_neither_panics_nor_gives_budget() {
    let engine = engine(|config| config.rate.limit = Some(Rate::per_minute(2)));
    let store = Store::default();
    assert!(Request::get("/").run(&engine, &store).is_allow());
    let back = NOW.before(Duration::from_secs(30));
    assert!(Request::get("/").run_at(&engine, &store, back).is_allow());
    assert_eq!(Request::get("/").run_at(&engine, &store, back).status(), Some(429));
    for now in [Timestamp::EPOCH, Timestamp::MAX, Timestamp::EPOCH] {
        let verdict = attack().run_at(&engine, &store, now);
        assert!(matches!(verdict.status(), Some(400 | 429)), "{now}");
    }
}

#[test]
fn disabled_detection_reports_no_gaps() {
    let (off, store) = (engine(|config| config.detect.enabled = false), Store::default());
    let verdict = attack().run(&off, &store);
    assert!(verdict.is_allow() && verdict.coverage.is_complete() && verdict.coverage.inspected == 0);
    let (on, handle) = with_policy(&off, RoutePolicy::new().detect(true));
    assert_eq!(attack().policy(handle).status(&on, &store), Some(400));
    let (engine, handle) =
        with_policy(&engine(|_| {}), RoutePolicy::new().classes([portcullis_core::detect::Class::Xss]));
    assert!(attack().policy(handle).run(&engine, &store).is_allow());
    let bypass = RoutePolicy::new().bypass(portcullis_core::Bypass::Penetration);
    let (engine, handle) = engine.with_policy("bypass", &bypass).unwrap();
    let post = Request::post("/", "text/plain", SCRIPT).policy(handle).run(&engine, &store);
    assert!(post.is_allow() && !post.coverage.gaps.has(Gaps::SKIPPED));
}

#[test]
fn a_bypassed_route_has_the_same_verdict_with_and_without_a_context() {
    let bypass = RoutePolicy::new().bypass(portcullis_core::Bypass::All);
    let (engine, handle) = with_policy(&engine(|_| {}), bypass);
    let request = Request::get(&format!("/items?id={SQL}")).policy(handle);
    let (mut scratch, store) = (Scratch::new(), Store::default());
    let driven = engine.evaluate_head(request.head(), Default::default(), &store, &Noon, &mut scratch);
    let mut slot = RequestSlot::new();
    let Step::Continue(NextStep::Done(done)) = engine.begin(request.head(), NOW, &mut scratch, &mut slot)
    else {
        panic!("a bypassed request awaits nothing");
    };
    let stepped = done.into_verdict();
    assert!(driven.is_allow());
    assert_eq!(format!("{driven:?}"), format!("{stepped:?}"));
}
