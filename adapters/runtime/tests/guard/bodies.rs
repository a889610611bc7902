//! Bodies that arrive late, truncated, or in chunks.

use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::HumanDuration;
use portcullis_runtime::{AdmittedRequest, BodyFault, Guard};
use tokio::time::Instant;

use crate::support::{Checked, ChunkedBody, RecordingSink, Request, SQL, builder, config, denial};

fn guard() -> (Guard, RecordingSink) {
    let (builder, _, sink) =
        builder(config(|config| config.body.timeout = HumanDuration(Duration::from_secs(2))));
    (builder.build().unwrap(), sink)
}

async fn post(guard: &Guard, mut body: ChunkedBody) -> Checked {
    let request = Request { has_body: true, ..Request::clean() };
    guard.arrive().check(request.head(), &mut body).await
}

fn chunked(text: &[&'static str], pause: Duration) -> ChunkedBody {
    let chunked = text.iter().map(|text| Bytes::from_static(text.as_bytes())).collect();
    ChunkedBody { chunks: chunked, pause, fault: None }
}

#[tokio::test]
async fn a_clean_body_is_handed_back_whole() {
    let (guard, sink) = guard();
    let body = chunked(&["{\"a\": ", "", "\"b\"", "}"], Duration::ZERO);
    let Ok(AdmittedRequest { replay, .. }) = post(&guard, body).await else { panic!("clean") };
    assert_eq!(replay.unwrap(), "{\"a\": \"b\"}");
    assert!(sink.events().is_empty());
}

#[tokio::test]
async fn an_attack_in_pieces_is_found() {
    let (guard, _) = guard();
    let whole: Vec<&'static str> = SQL.split_inclusive(' ').collect();
    assert_eq!(denial(post(&guard, chunked(&whole, Duration::ZERO)).await).unwrap().status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_takes_too_long_is_rejected_at_the_deadline() {
    let (guard, sink) = guard();
    let start = Instant::now();
    // Each chunk is quick; together they are not.
    let slow = chunked(&["a"; 100], Duration::from_millis(150));
    assert_eq!(denial(post(&guard, slow).await).unwrap().status, 408);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    assert_eq!(sink.events()[0].kind.name(), "content_filtered");
    let start = Instant::now();
    assert_eq!(denial(post(&guard, chunked(&[], Duration::from_secs(3600))).await).unwrap().status, 408);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    let in_time = chunked(&["a"; 10], Duration::from_millis(150));
    assert!(denial(post(&guard, in_time).await).is_none());
}

#[tokio::test]
async fn a_body_that_breaks_off_is_rejected() {
    let (guard, sink) = guard();
    let broken = ChunkedBody { fault: Some(BodyFault::Broken), ..chunked(&["half"], Duration::ZERO) };
    let denial = denial(post(&guard, broken).await).unwrap();
    assert_eq!((denial.status, denial.body.as_str()), (400, "Bad request"));
    assert_eq!(sink.records()[0].0.gaps.names().collect::<Vec<_>>(), ["broken"]);
}

#[tokio::test]
async fn a_body_that_is_not_there_is_not_waited_for() {
    let (guard, _) = guard();
    let Ok(AdmittedRequest { replay, .. }) = Request::clean().check(&guard).await else { panic!("clean") };
    assert_eq!(replay, None);
}
