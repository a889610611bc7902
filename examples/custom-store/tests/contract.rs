//! The store meets the contract of all stores, and its entries survive it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::{Router, routing::get};
use http::{Request, StatusCode};
use portcullis_axum::{Config, Guard, GuardLayer, Timestamp};
use portcullis_core::state::{Batch, Key, Op, Quota, Reply, Scope, StateStore, StoreResponse, Subject};
use portcullis_example_custom_store::{Limits, RedbStore};
use portcullis_store_contract::{Capacity, Contract};
use tempfile::TempDir;
use tower::ServiceExt;

const ROOM: Capacity = Capacity { counters: 64, bans: 16 };

/// A new file each time.
fn files() -> (TempDir, impl Fn() -> PathBuf + Send + Sync) {
    let (directory, next) = (tempfile::tempdir().unwrap(), AtomicU32::new(0));
    let path = directory.path().to_path_buf();
    (directory, move || path.join(next.fetch_add(1, Ordering::Relaxed).to_string()))
}

#[test]
fn the_store_keeps_the_contract() {
    let ((_kept, file), (_kept_too, small_file)) = (files(), files());
    let small = Limits { counters: ROOM.counters.into(), bans: ROOM.bans.into(), ..Limits::default() };
    let open = |path: PathBuf, limits| async move { RedbStore::open(path, limits).unwrap() };
    Contract::new(move || open(file(), Limits::default()))
        .small(ROOM, move || open(small_file(), small), RedbStore::counters)
        .verify();
}

async fn status(guard: &Guard, target: &str) -> StatusCode {
    let app = Router::new().route("/", get(|| async { "home" })).layer(GuardLayer::new(guard));
    let mut request = Request::get(target).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711))));
    app.oneshot(request).await.unwrap().status()
}

fn guard(directory: &TempDir) -> Guard {
    let store = RedbStore::open(directory.path().join("state"), Limits::default()).unwrap();
    let config = Config::from_toml("ban.threshold = 2\nrate.limit = \"5/h\"").unwrap();
    // The store may be slow on a busy machine; hits in the local store meanwhile would not be in the file.
    Guard::builder(config).store(store).store_deadline(Duration::from_secs(10)).build().unwrap()
}

#[tokio::test]
async fn a_ban_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = guard(&directory);
    assert_eq!(status(&first, "/?q=%27%20or%201=1--").await, StatusCode::BAD_REQUEST);
    assert_eq!(status(&first, "/?q=%27%20or%201=1--").await, StatusCode::FORBIDDEN, "the ban");
    drop(first);
    let second = guard(&directory);
    assert_eq!(status(&second, "/").await, StatusCode::FORBIDDEN);
    second.unban("192.0.2.7".parse().unwrap()).await.unwrap();
    drop(second);
    assert_eq!(status(&guard(&directory), "/").await, StatusCode::OK);
}

#[tokio::test]
async fn a_limit_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..6 {
        let expected = if round < 5 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status(&guard(&directory), "/").await, expected, "request {round}");
    }
}

fn hit(millis: u64) -> Batch {
    let key = Key::new(Scope::Global, "all", Subject::Unknown);
    let quota = Quota::new(NonZeroU32::new(9).unwrap(), Duration::from_secs(60));
    let mut batch = Batch::new(Timestamp::from_millis(millis));
    batch.push(Op::Hit { key, quota, cost: 1 });
    batch
}

#[tokio::test]
async fn what_does_not_fit_into_the_queue_is_dropped_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        RedbStore::open(directory.path().join("state"), Limits { queue: 1, ..Limits::default() }).unwrap();
    // More batches than the thread takes from a queue of one, and more than the limit.
    (0..100_000).for_each(|_| store.defer(&hit(0)));
    assert!(store.dropped() > 0);
    let batch = hit(0);
    let applied = loop {
        let StoreResponse::Pending(reply) = store.apply(&batch) else { panic!("it replies later") };
        if let Ok(replies) = reply.await {
            break replies;
        }
    };
    assert!(matches!(applied[0], Reply::Count(count) if !count.within), "queued batches were applied");
}

#[test]
fn a_file_serves_one_store_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let open = || RedbStore::open(directory.path().join("state"), Limits::default());
    let first = open().unwrap();
    assert!(open().is_err());
    drop(first);
    assert!(open().is_ok());
}

#[tokio::test]
async fn counters_that_are_over_are_forgotten_without_a_shortage() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path().join("state"), Limits::default()).unwrap();
    let quota = Quota::new(NonZeroU32::new(9).unwrap(), Duration::from_secs(60));
    for client in 0_u32..200 {
        let key = Key::new(Scope::Global, "all", Subject::digest(&[&client.to_le_bytes()]));
        let mut batch = Batch::new(Timestamp::from_millis(u64::from(client) * 10_000));
        batch.push(Op::Hit { key, quota, cost: 1 });
        let StoreResponse::Pending(reply) = store.apply(&batch) else { panic!("it replies later") };
        assert!(matches!(reply.await.unwrap()[0], Reply::Count(count) if count.within));
    }
    assert!(store.counters() < 20, "{} counters, of which 7 may matter", store.counters());
}
