//! Bodies that arrive late, truncated, or in chunks.

use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::HumanDuration;
use portcullis_runtime::detect::{CustomEvidence, CustomRecogniser, Input, Location, Rule};
use portcullis_runtime::{AdmittedRequest, BodyFault, BodySource, ByteSize, Guard};
use tokio::time::Instant;

use crate::support::{Checked, ChunkedBody, RecordingSink, Request, SQL, builder, config, denial, header};

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

/// Records the thread on which it runs.
struct Watcher(Arc<Mutex<Vec<ThreadId>>>);

static RULES: [Rule; 1] = [Rule::custom("watcher.nothing", 100, "nothing")];

impl CustomRecogniser for Watcher {
    fn rules(&self) -> &'static [Rule] {
        &RULES
    }

    fn reads(&self, location: Location) -> bool {
        location == Location::Text
    }

    fn recognise(&self, _: &Input<'_>, _: &mut CustomEvidence) {
        self.0.lock().unwrap().push(std::thread::current().id());
    }
}

#[tokio::test]
async fn a_long_body_is_inspected_on_another_thread_with_the_same_outcome() {
    let threads = Arc::default();
    let config = config(|config| config.detect.recognisers = vec!["watcher".into()]);
    let guard = builder(config).0.recogniser("watcher", Watcher(Arc::clone(&threads))).build().unwrap();
    let text: &'static str = "an ordinary text, ".repeat(10_000).leak();
    let body = |text: &[&'static str]| post(&guard, chunked(text, Duration::ZERO));
    let here = std::thread::current().id();
    let ran_here = || threads.lock().unwrap().drain(..).map(|thread| thread == here).collect::<Vec<_>>();
    let (inline, detached) = (&text[..64 << 10], &text[..(64 << 10) + 1]);
    for (text, is_here) in [(inline, true), (detached, false), (text, false)] {
        let Ok(AdmittedRequest { replay, .. }) = body(&[text]).await else { panic!("clean") };
        assert_eq!(replay.unwrap(), text);
        assert_eq!(ran_here(), [is_here], "{} bytes", text.len());
    }
    assert_eq!(denial(body(&[text, "'", SQL]).await).unwrap().status, 400);
}

#[tokio::test]
async fn a_client_that_hangs_up_during_an_inspection_frees_its_permit() {
    let (guard, _) = guard();
    let text: &'static str = "an ordinary text, ".repeat(10_000).leak();
    for _ in 0..100 {
        let check = post(&guard, chunked(&[text], Duration::ZERO));
        // Polled once: the inspection has started.
        assert!(tokio::time::timeout(Duration::ZERO, check).await.is_err());
    }
    let check = tokio::time::timeout(Duration::from_secs(60), post(&guard, chunked(&[text], Duration::ZERO)));
    assert!(denial(check.await.expect("a permit")).is_none());
}

/// A body whose first chunk arrives and whose end does not.
struct SuspendedBody(Option<Bytes>);

impl BodySource for SuspendedBody {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        match self.0.take() {
            Some(chunk) => Some(Ok(chunk)),
            None => std::future::pending().await,
        }
    }
}

/// A guard with room for 16 KiB of bodies.
fn narrow_guard(passive: bool) -> (Guard, RecordingSink) {
    let (builder, _, sink) = builder(config(|config| {
        config.body.limit = ByteSize::kib(8);
        config.passive = passive;
        config.ban.threshold = 1;
    }));
    (builder.max_body_memory(ByteSize::kib(16)).build().unwrap(), sink)
}

/// Start requests that hold 8 KiB each, and return them suspended.
async fn suspend(guard: &Guard, count: usize) -> Vec<tokio::task::JoinHandle<u16>> {
    let start = |_| {
        let guard = guard.clone();
        tokio::spawn(async move {
            let request = Request { has_body: true, ..Request::clean() };
            let mut body = SuspendedBody(Some(vec![b'a'; 8 << 10].into()));
            denial(guard.arrive().check(request.head(), &mut body).await).map_or(200, |denial| denial.status)
        })
    };
    let suspended: Vec<_> = (0..count).map(start).collect();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    suspended
}

#[tokio::test]
async fn checklist_56_all_bodies_together_have_a_bound() {
    let (guard, sink) = narrow_guard(false);
    let suspended = suspend(&guard, 2).await;
    let bodies = guard.status().bodies;
    assert_eq!((bodies.bytes, bodies.max_bytes, bodies.overloaded), (16 << 10, 16 << 10, 0), "at the bound");

    let rejected = denial(post(&guard, chunked(&["a"], Duration::ZERO)).await).unwrap();
    assert_eq!((rejected.status, header(&rejected, "retry-after")), (503, Some("5")), "one byte beyond it");
    assert_eq!(sink.records()[0].0.gaps.names().collect::<Vec<_>>(), ["memory"]);
    assert_eq!(sink.events()[0].reference, Some(rejected.reference));
    assert_eq!(guard.status().bodies.overloaded, 1);
    assert_eq!(Request::clean().status(&guard).await, None, "no strike, and a request without a body passes");

    // The clients hang up: the futures of their requests are dropped.
    suspended.iter().for_each(tokio::task::JoinHandle::abort);
    for request in suspended {
        assert!(request.await.unwrap_err().is_cancelled());
    }
    assert_eq!(guard.status().bodies.bytes, 0);
    assert!(denial(post(&guard, chunked(&["a"], Duration::ZERO)).await).is_none());
    assert_eq!(guard.status().bodies.bytes, 0, "given back at the verdict");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "it suspends the inspection, which runs on another thread")]
async fn checklist_56_an_inspection_holds_its_bytes_until_it_ends_although_the_client_hangs_up() {
    let threads = Arc::default();
    let config = config(|config| config.detect.recognisers = vec!["watcher".into()]);
    let guard = builder(config).0.recogniser("watcher", Watcher(Arc::clone(&threads))).build().unwrap();
    let text: &'static str = "an ordinary text, ".repeat(10_000).leak();
    let suspended = threads.lock().unwrap();
    let check = post(&guard, chunked(&[text], Duration::ZERO));
    assert!(tokio::time::timeout(Duration::ZERO, check).await.is_err());
    assert_eq!(guard.status().bodies.bytes, text.len() as u64);
    drop(suspended);
    while guard.status().bodies.bytes > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn checklist_56_a_body_that_is_rejected_or_times_out_gives_its_bytes_back() {
    let (guard, _) = narrow_guard(false);
    for request in suspend(&guard, 2).await {
        assert_eq!(request.await.unwrap(), 408);
    }
    assert_eq!(guard.status().bodies.bytes, 0);
    assert_eq!(denial(post(&guard, chunked(&[SQL], Duration::ZERO)).await).unwrap().status, 403);
    assert_eq!(guard.status().bodies.bytes, 0);
}

#[tokio::test]
async fn a_bound_that_is_reached_loses_no_bytes_in_passive_mode() {
    let (guard, sink) = narrow_guard(true);
    let suspended = suspend(&guard, 2).await;
    let Ok(AdmittedRequest { replay, .. }) = post(&guard, chunked(&["a", "b"], Duration::ZERO)).await else {
        panic!("passive mode")
    };
    assert_eq!(replay.unwrap(), "a", "the handler reads the rest from the source");
    assert_eq!(sink.events()[0].action, "logged_only");
    suspended.iter().for_each(tokio::task::JoinHandle::abort);
}
