//! Guards inside guards: what is checked, counted and reported once.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::Request;
use axum::routing::any;
use http_body::Frame;
use http_body_util::StreamBody;
use portcullis_axum::testing::RecordingSink;
use portcullis_axum::{Config, Guard, GuardLayer, Rate, RoutePolicy};
use tower::ServiceExt as _;

fn guard(toml: &str, sink: &RecordingSink) -> Guard {
    Guard::builder(Config::from_toml(toml).unwrap()).sink(sink.clone()).build().unwrap()
}

async fn status(app: &Router, body: Body) -> u16 {
    let request = Request::post("/").header("transfer-encoding", "chunked").body(body).unwrap();
    app.clone().oneshot(request).await.unwrap().status().as_u16()
}

fn peer() -> MockConnectInfo<SocketAddr> {
    MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 40_000)))
}

#[tokio::test]
async fn a_policy_around_itself_counts_once() {
    let guard = guard("", &RecordingSink::default());
    let policy = |name: &str, limit| {
        let handle = guard.policy(name, RoutePolicy::new().rate(Rate::per_minute(limit))).unwrap();
        GuardLayer::new(&guard).policy(handle)
    };
    let (one, other) = (policy("one", 2), policy("other", 100));
    let app =
        Router::new().route("/", any(|| async {}).layer(one.clone())).layer(other).layer(one).layer(peer());
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&app, Body::empty()).await);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_reported_once_in_passive_mode() {
    let sink = RecordingSink::default();
    let guard = guard("passive = true", &sink);
    let form = guard.policy("form", RoutePolicy::new().honeypot("website")).unwrap();
    let app = Router::new()
        .route("/", any(|| async {}).layer(GuardLayer::new(&guard).policy(form)))
        .layer(GuardLayer::new(&guard))
        .layer(peer());
    let half = Ok(Frame::data(Bytes::from_static(b"name=A")));
    let frames = futures_util::stream::iter([half, Err(io::Error::other("the connection ended"))]);
    assert_eq!(status(&app, Body::new(StreamBody::new(frames))).await, 200);
    let reasons: Vec<_> = sink.take().into_iter().map(|event| event.reason).collect();
    assert_eq!(reasons, ["The body ended early"]);
}
