//! Reference ids and notices.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::{Request, builder, config, denial, header};

#[tokio::test]
async fn a_rejection_carries_one_id_everywhere() {
    let (builder, _, sink) = builder(config(|config| {
        config
            .errors
            .bodies
            .insert("400".into(), "rejected, say {reference} when you call: {reference}".into());
    }));
    let guard = builder.build().unwrap();
    let mut seen = HashSet::new();
    for client in 0..200 {
        let rejected = denial(Request::attack().from([192, 0, 2, client]).check(&guard).await).unwrap();
        let id = header(&rejected, "x-reference-id").unwrap().to_owned();
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(rejected.body, format!("rejected, say {id} when you call: {id}"));
        assert_eq!(rejected.reference.to_string(), id);
        let events = sink.events();
        assert!(!events.is_empty());
        assert!(events.iter().all(|event| event.reference.unwrap().to_string() == id));
        assert!(seen.insert(id), "no two rejections share an id");
    }
}

#[tokio::test]
async fn two_guards_do_not_count_through_the_same_ids() {
    let mut ids = HashSet::new();
    for _ in 0..20 {
        let (builder, _, _) = builder(config(|_| {}));
        let guard = builder.build().unwrap();
        ids.insert(denial(Request::attack().check(&guard).await).unwrap().reference);
    }
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn the_header_has_the_name_that_was_chosen_or_none() {
    let (named, _, _) =
        builder(config(|config| config.errors.reference_header = Some("X-Ray".parse().unwrap())));
    let rejected = denial(Request::attack().check(&named.build().unwrap()).await).unwrap();
    assert_eq!(header(&rejected, "x-ray"), Some(rejected.reference.to_string().as_str()));
    let (none, _, sink) = builder(config(|config| config.errors.reference_header = None));
    let rejected = denial(Request::attack().check(&none.build().unwrap()).await).unwrap();
    assert!(header(&rejected, "x-reference-id").is_none());
    assert_eq!(sink.events()[0].reference, Some(rejected.reference), "the event still has it");
}

#[tokio::test]
async fn notices_are_sampled_in_time_and_not_by_other_requests() {
    let (builder, clock, sink) =
        builder(config(|config| config.client.trusted_proxies = vec!["203.0.113.1".parse().unwrap()]));
    let guard = builder.build().unwrap();
    let spoofed = Request { headers: vec![("x-forwarded-for", "10.0.0.1")], ..Request::clean() };
    // Requests without a notice do not use up the interval of those with one.
    for _ in 0..3 {
        assert_eq!(Request::clean().status(&guard).await, None);
    }
    for _ in 0..20 {
        assert_eq!(spoofed.status(&guard).await, None);
    }
    let events = sink.events();
    assert_eq!(events.iter().map(|event| event.kind.name()).collect::<Vec<_>>(), ["suspicious_request"]);
    assert!(sink.records().iter().skip(3).all(|(record, _)| record.spoofed), "all of them are counted");
    clock.advance(Duration::from_secs(9));
    spoofed.status(&guard).await;
    assert!(sink.events().is_empty());
    clock.advance(Duration::from_secs(1));
    spoofed.status(&guard).await;
    assert_eq!(sink.events().len(), 1);
    clock.set(portcullis_core::Timestamp::from_millis(5));
    spoofed.status(&guard).await;
    let spoofs = sink.events().iter().filter(|event| event.kind.name() == "suspicious_request").count();
    assert_eq!(spoofs, 1, "a clock that stepped back does not silence them");
}
