//! Replacement of facts at run time.

use std::sync::Arc;
use std::time::Duration;

use portcullis_runtime::{AddressTables, Config, HookDecision, RoutePolicy};
use tokio::sync::Notify;

use crate::support::{CLIENT, Request, builder, config};

fn tor(listed: bool) -> AddressTables {
    AddressTables::builder().list("tor", listed.then(|| CLIENT.into())).build()
}

#[tokio::test]
async fn defect_37_new_facts_hold_from_the_next_request_on() {
    let (builder, _, _) = builder(config(|config| config.access.deny_lists = vec!["tor".into()]));
    let guard = builder.build().unwrap();
    assert_eq!(Request::clean().status(&guard).await, None, "missing facts match nothing");
    guard.set_facts(tor(true));
    assert_eq!(Request::clean().status(&guard).await, Some(403));
    assert_eq!(Request::clean().status(&guard.clone()).await, Some(403), "clones are one guard");
    guard.set_facts(tor(false));
    assert_eq!(Request::clean().status(&guard).await, None);
}

#[tokio::test]
async fn a_request_keeps_the_facts_it_began_with() {
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (said, waited) = (Arc::clone(&asked), Arc::clone(&go_on));
    let (builder, _, sink) = builder(config(|_| {}));
    let guard = builder
        .facts(AddressTables::builder().country("DE".parse().unwrap(), [CLIENT.into()]).build())
        .hook("wait", move |_| {
            let (said, waited) = (Arc::clone(&said), Arc::clone(&waited));
            async move {
                said.notify_one();
                waited.notified().await;
                HookDecision::Deny(http::StatusCode::from_u16(403).unwrap(), String::new())
            }
        })
        .build()
        .unwrap();
    let policy = guard.policy("wait", RoutePolicy::new().hook("wait")).unwrap();
    let request = Request::policy(policy);
    let (_, status) = tokio::join!(
        async {
            asked.notified().await;
            guard.set_facts(AddressTables::default());
            go_on.notify_one();
        },
        request.status(&guard)
    );
    assert_eq!(status, Some(403));
    let countries: Vec<_> = sink.events().into_iter().map(|event| event.country).collect();
    assert_eq!(countries, ["DE".parse().ok()], "the event has the country that the rules used");
}

#[tokio::test]
async fn a_missing_table_of_countries_is_reported_at_intervals() {
    let failed = |sink: &crate::support::RecordingSink| {
        let events = sink.events();
        events.into_iter().filter(|event| event.kind.name() == "geo_lookup_failed").collect::<Vec<_>>()
    };
    let (builder, clock, sink) = builder(config(|config| {
        config.access.deny_countries = vec!["FR".parse().unwrap()];
    }));
    let guard = builder.build().unwrap();
    let slow = RoutePolicy::new().country_rate("FR".parse().unwrap(), "100/min".parse().unwrap());
    let request = Request::policy(guard.policy("slow", slow).unwrap());
    for _ in 0..3 {
        assert_eq!(request.status(&guard).await, None);
    }
    let reports = failed(&sink);
    assert_eq!(reports.len(), 1, "once a request, and not at every request");
    assert_eq!((reports[0].action, reports[0].handler), ("lookup_failed", "ipinfo"));
    clock.advance(Duration::from_secs(10));
    request.status(&guard).await;
    assert_eq!(failed(&sink).len(), 1);
    guard.set_facts(AddressTables::builder().country("DE".parse().unwrap(), [CLIENT.into()]).build());
    clock.advance(Duration::from_secs(10));
    request.status(&guard).await;
    assert!(failed(&sink).is_empty(), "one is loaded");
    guard.set_facts(AddressTables::default());
    guard.reload(Config::default()).unwrap();
    request.status(&guard).await;
    assert_eq!(failed(&sink).len(), 1, "the limit of the route uses it too");
}
