//! Bodies that come late, broken, or in pieces.

use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::HumanDuration;
use portcullis_runtime::{Admission, BodyFault, Guard};
use tokio::time::Instant;

use crate::support::{Checked, Kept, Pieces, Request, SQL, builder, config, denial};

fn guard() -> (Guard, Kept) {
    let (builder, _, kept) =
        builder(config(|config| config.body.timeout = HumanDuration(Duration::from_secs(2))));
    (builder.build().unwrap(), kept)
}

async fn post(guard: &Guard, mut body: Pieces) -> Checked {
    let request = Request { has_body: true, ..Request::clean() };
    guard.check(guard.arrive(), request.head(), &mut body).await
}

fn pieces(text: &[&'static str], pause: Duration) -> Pieces {
    let pieces = text.iter().map(|text| Bytes::from_static(text.as_bytes())).collect();
    Pieces { pieces, pause, fault: None }
}

#[tokio::test]
async fn a_clean_body_is_handed_back_whole() {
    let (guard, kept) = guard();
    let body = pieces(&["{\"a\": ", "", "\"b\"", "}"], Duration::ZERO);
    let Ok(Admission { replay, .. }) = post(&guard, body).await else { panic!("clean") };
    assert_eq!(replay.unwrap(), "{\"a\": \"b\"}");
    assert!(kept.events().is_empty());
}

#[tokio::test]
async fn an_attack_in_pieces_is_found() {
    let (guard, _) = guard();
    let whole: Vec<&'static str> = SQL.split_inclusive(' ').collect();
    assert_eq!(denial(post(&guard, pieces(&whole, Duration::ZERO)).await).unwrap().status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_takes_too_long_is_refused_at_the_deadline() {
    let (guard, kept) = guard();
    let start = Instant::now();
    // Each piece is quick; together they are not.
    let slow = pieces(&["a"; 100], Duration::from_millis(150));
    assert_eq!(denial(post(&guard, slow).await).unwrap().status, 408);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    assert_eq!(kept.events()[0].kind.name(), "content_filtered");
    let start = Instant::now();
    assert_eq!(denial(post(&guard, pieces(&[], Duration::from_secs(3600))).await).unwrap().status, 408);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    let in_time = pieces(&["a"; 10], Duration::from_millis(150));
    assert!(denial(post(&guard, in_time).await).is_none());
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let (guard, kept) = guard();
    let broken = Pieces { fault: Some(BodyFault::Broken), ..pieces(&["half"], Duration::ZERO) };
    let denial = denial(post(&guard, broken).await).unwrap();
    assert_eq!((denial.status, denial.body.as_str()), (400, "Bad request"));
    assert_eq!(kept.records()[0].0.gaps.names().collect::<Vec<_>>(), ["broken"]);
}

#[tokio::test]
async fn a_body_that_is_not_there_is_not_waited_for() {
    let (guard, _) = guard();
    let Ok(Admission { replay, .. }) = Request::clean().check(&guard).await else { panic!("clean") };
    assert_eq!(replay, None);
}
