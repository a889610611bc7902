//! Messages of open connections.

use std::time::Duration;

use portcullis_core::net::Cidr;
use portcullis_runtime::{ByteSize, Config, Guard, ManualClock, Rate, RoutePolicy};

use crate::support::{CLIENT, RecordingSink, Request, builder, config};

const ATTACK: &str = r#"{"text": "<script>alert(1)</script>"}"#;

fn guard(edit: impl FnOnce(&mut Config)) -> (Guard, ManualClock, RecordingSink) {
    let (builder, clock, sink) = builder(config(edit));
    (builder.build().unwrap(), clock, sink)
}

#[tokio::test]
async fn an_attack_closes_the_connection_and_leads_to_a_ban() {
    let (guard, _, sink) = guard(|config| config.ban.threshold = 2);
    let mut messages = guard.messages(None).client(CLIENT).endpoint("/chat");
    assert_eq!(messages.inspect("isn't it < 2?"), Ok(()));
    let rejected = messages.inspect(ATTACK).unwrap_err();
    assert_eq!((rejected.code, rejected.reason), (1008, "Suspicious activity detected"));
    let event = sink.events().remove(0);
    assert_eq!((event.kind.name(), event.action), ("penetration_attempt", "request_blocked"));
    assert_eq!((event.method.as_deref(), event.endpoint.as_deref()), (Some("WEBSOCKET"), Some("/chat")));
    assert_eq!((event.address, event.reference), (Some(CLIENT), Some(rejected.reference)));
    assert!(event.pattern.is_some_and(|rule| rule.starts_with("xss.")));
    assert_eq!(Request::clean().status(&guard).await, None, "one attack is no ban yet");
    messages.inspect(ATTACK.as_bytes()).unwrap_err();
    let events: Vec<_> =
        sink.events().iter().map(|event| (event.kind.name(), event.reason.clone())).collect();
    assert_eq!(events[0].0, "penetration_attempt");
    assert_eq!(events[1..], [("ip_banned", String::from("penetration_attempt"))]);
    assert_eq!(Request::clean().status(&guard).await, Some(403));
}

#[test]
fn a_limit_counts_the_messages_of_one_connection() {
    let (guard, clock, sink) = guard(|_| {});
    let begin = || guard.messages(None).client(CLIENT).limit(Rate::per_minute(2));
    let (mut one, mut other) = (begin(), begin());
    assert_eq!((one.inspect("a"), one.inspect("b")), (Ok(()), Ok(())));
    let rejected = one.inspect("c").unwrap_err();
    assert_eq!((rejected.code, rejected.reason), (1008, "Rate limit exceeded"));
    assert_eq!(other.inspect("a"), Ok(()), "another connection has its own");
    one.inspect("d").unwrap_err();
    assert_eq!(sink.events().len(), 1, "once for each time that the limit is passed");
    clock.advance(Duration::from_secs(61));
    assert_eq!(one.inspect("e"), Ok(()));
}

#[test]
fn a_message_beyond_the_size_is_rejected_unread() {
    let (guard, _, sink) = guard(|_| {});
    let mut messages = guard.messages(None).max_size(ByteSize::kib(1));
    assert_eq!(messages.inspect("x".repeat(1024)), Ok(()));
    let rejected = messages.inspect("x".repeat(1025)).unwrap_err();
    assert_eq!((rejected.code, rejected.reason), (1009, "Message too big"));
    assert_eq!(sink.events()[0].kind.name(), "content_filtered");
}

#[tokio::test]
async fn passive_mode_reports_and_closes_nothing() {
    let (guard, _, sink) = guard(|config| {
        config.passive = true;
        config.ban.threshold = 1;
    });
    let mut messages =
        guard.messages(None).client(CLIENT).limit(Rate::per_minute(2)).max_size(ByteSize::kib(1));
    assert_eq!(messages.inspect(ATTACK), Ok(()));
    assert_eq!(messages.inspect("x".repeat(2000)), Ok(()));
    assert_eq!(messages.inspect("one too many"), Ok(()));
    let events = sink.events();
    let kinds: Vec<_> = events.iter().map(|event| (event.kind.name(), event.action)).collect();
    let kind = |name| (name, "logged_only");
    assert_eq!(kinds, [kind("penetration_attempt"), kind("content_filtered"), kind("rate_limited")]);
    assert_eq!(guard.is_banned(CLIENT).await, Ok(None));
}

#[test]
fn the_policy_of_the_route_and_the_allow_list_hold_for_messages() {
    let (guard, _, _) = guard(|config| config.access.allow = vec![Cidr::from(CLIENT)]);
    assert_eq!(guard.messages(None).client(CLIENT).inspect(ATTACK), Ok(()));
    assert!(guard.messages(None).inspect(ATTACK).is_err());
    let trusting = guard.policy("trusting", RoutePolicy::new().detect(false)).unwrap();
    assert_eq!(guard.messages(Some(trusting)).inspect(ATTACK), Ok(()));
}

#[test]
fn a_reload_holds_for_connections_that_are_open() {
    let (guard, _, _) = guard(|_| {});
    let mut messages = guard.messages(None);
    messages.inspect(ATTACK).unwrap_err();
    guard.reload(config(|config| config.passive = true)).unwrap();
    assert_eq!(messages.inspect(ATTACK), Ok(()));
}
